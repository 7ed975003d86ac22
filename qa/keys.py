"""Who may use a home over HTTP: keys made, kept as hashes, found again by what is sent, revoked."""

import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Literal

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, SecretStr, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import to_json

from qa.config import RATE
from qa.errors import HomeBusy, HomeUnusable

May = Literal["read", "write"]
"""What a key is good for; who may write may read."""

WAIT_SECONDS = 10.0
"""How long who changes the keys waits for another who does."""

NAME = re.compile(r"[^\W_](?:[ \w.@+-]{0,62}\w)?")
_ID = "[0-9a-f]{8}"
_SENT = re.compile(f"newsqa_({_ID})_([0-9a-f]{{64}})")


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key: all but its secret.

    Attributes:
        rate: how many requests it may make, as NEWSQA_RATE says it; empty: as that says.
        digest: the SHA-256 of its secret. No slow hash: of 256 random bits none can be guessed.
    """

    id: Annotated[str, StringConstraints(pattern=f"^{_ID}$")]
    name: str
    may: May
    rate: Annotated[str, StringConstraints(pattern=f"^(?:{RATE.pattern})?$")]
    created: AwareDatetime
    digest: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


OPERATOR = Key("operator", "NEWSQA_OPERATOR_KEY", "write", "", datetime.fromtimestamp(0, UTC), "")
"""What stands for the key of the environment, which is in no file."""

_State = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Held:
    """The file as it was read: its state then, the keys by their ids, whether one may write."""

    state: _State | None
    keys: Mapping[str, Key]
    writes: bool


class Keys:
    """The keys of a home, in `keys.json`, and that of the environment.

    Any number of processes use them: each notices at its next call what another changed. Where the
    file cannot be read HomeUnusable is raised, rather than somebody let in.
    """

    def __init__(self, home: Path, operator: SecretStr | None = None) -> None:
        self._file = home / "keys.json"
        self._operator = operator.get_secret_value().encode() if operator else b""
        self._held = _Held(None, {}, writes=False)

    def all(self) -> list[Key]:
        """Return those in the file, the oldest first."""
        return sorted(self._now().keys.values(), key=lambda key: (key.created, key.id))

    def guarded(self) -> bool:
        """Say whether there is a key that may write, so that who writes must send one."""
        return bool(self._operator) or self._now().writes

    def find(self, sent: str) -> Key | None:
        """Return the key that was sent, None if it is none, or was revoked."""
        if self._operator and secrets.compare_digest(sent.encode(), self._operator):
            return OPERATOR
        parts = _SENT.fullmatch(sent)
        key = self._now().keys.get(parts[1]) if parts else None
        if parts and key and secrets.compare_digest(_digest(parts[2]), key.digest):
            return key
        return None

    def add(self, name: str, may: May = "read", rate: str = "") -> tuple[Key, str]:
        """Make a key; return what is kept of it, and what is to be sent, which is not kept.

        Raises:
            ValueError: a key has the name, or it cannot be told from an id; or the rate is none.
            HomeBusy: another process is changing the keys and does not end.
        """
        if not NAME.fullmatch(name) or re.fullmatch(_ID, name):
            raise ValueError(f"{name!r} is no name: letters, digits and spaces, and no id of a key")
        if rate and not RATE.fullmatch(rate):
            raise ValueError(f"{rate!r} is no rate such as 60/minute, or 5/second;1000/day")
        with self._changing() as keys:
            if any(key.name == name for key in keys.values()):
                raise ValueError(f"there is a key {name!r}; revoke it, or take another name")
            secret = secrets.token_hex(32)
            id = next(id for id in iter(lambda: secrets.token_hex(4), "") if id not in keys)
            now = datetime.now(UTC).replace(microsecond=0)
            keys[id] = key = Key(id, name, may, rate, now, _digest(secret))
        return key, f"newsqa_{id}_{secret}"

    def revoke(self, named: str) -> Key | None:
        """Make the key of an id or a name worthless and return it, None if there is none.

        Raises:
            HomeBusy: another process is changing the keys and does not end.
        """
        with self._changing() as keys:
            id = next((key.id for key in keys.values() if named in (key.id, key.name)), "")
            return keys.pop(id, None)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Key]]:
        """Keep what is done to the keys, all of it or nothing, while nobody else changes them."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._file.with_suffix(".lock"), timeout=WAIT_SECONDS):
                held = self._now().keys
                keys = dict(held)
                yield keys
                if keys != held:
                    self._write(keys.values())
        except Timeout as error:
            raise HomeBusy(f"{self._file}: another process is changing it; try again") from error
        except OSError as error:
            raise self._unusable(error) from error

    def _write(self, keys: Iterable[Key]) -> None:
        """Put a file with these in the place of the one there is; nobody else may read it."""
        with NamedTemporaryFile(dir=self._file.parent, prefix=".keys-", delete=False) as file:
            try:
                file.write(to_json(list(keys), indent=2))
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(self._file)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise

    def _now(self) -> _Held:
        """Return what the file holds; it is read again if it is another since."""
        try:
            file = self._file.stat()
            state = file.st_ino, file.st_mtime_ns, file.st_ctime_ns, file.st_size
            if state != self._held.state:
                keys = _KEYS.validate_json(self._file.read_bytes())
                writes = any(key.may == "write" for key in keys)
                self._held = _Held(state, {key.id: key for key in keys}, writes)
        except FileNotFoundError:
            self._held = _Held(None, {}, writes=False)
        except OSError as error:
            raise self._unusable(error) from error
        except ValidationError as error:
            raise HomeUnusable(
                f"{self._file}: it is damaged; delete it, and make the keys anew by `newsqa key"
                " add`"
            ) from error
        return self._held

    def _unusable(self, error: OSError) -> HomeUnusable:
        return HomeUnusable(
            f"{self._file}: {error.strerror or error}; who serves the home must be able to read it,"
            " and who changes the keys to write it"
        )


_KEYS = TypeAdapter(tuple[Key, ...])


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
