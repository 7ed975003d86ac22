"""A Milvus server's collections and aliases; what fails there becomes errors with a remedy."""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from qa.errors import EngineUnreachable, IndexUnusable, SettingsUnusable
from qa.milvus.address import Address

if TYPE_CHECKING:
    from pymilvus import MilvusClient

ANSWER_SECONDS = 10.0
"""How long an answer may take; a connection that broke is made anew within it."""

WRITE_SECONDS = 120.0
"""How long writing a block, or loading a collection, may take."""

_BM25 = (2, 5)  # the release that has it
_NO_SUCH_COLLECTION = (100, 4)


class Milvus:
    """A server, connected to when it is first needed; any number of threads may ask at once."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._connecting = threading.Lock()
        self._client: MilvusClient | None = None
        self._version = ""

    @property
    def client(self) -> "MilvusClient":
        """What speaks to the server, for use inside `told`.

        Raises:
            EngineUnreachable: it does not answer.
            SettingsUnusable: pymilvus is not installed.
        """
        with self._connecting:
            if self._client is None:
                self._client = self._connected()
            return self._client

    def _connected(self) -> "MilvusClient":
        try:
            from pymilvus import MilvusClient  # most of a second
        except ImportError as error:
            raise SettingsUnusable(
                "NEWSQA_INDEX: Milvus is spoken to by pymilvus, which is not installed;"
                " `pip install 'newsqa[milvus]'` does so"
            ) from error
        # It logs what it raises too.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        address = self.address
        with self.told():
            return MilvusClient(
                address.uri,
                token=address.token,
                db_name=address.database,
                timeout=ANSWER_SECONDS,
            )

    def close(self) -> None:
        """Let the connection go; it is made again when it is needed."""
        with self._connecting:
            if self._client is not None:
                self._client.close()
                self._client = None

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raise what fails inside as an error that names the server and the remedy.

        Raises:
            EngineUnreachable: the server does not answer, or refuses.
            IndexUnusable: a collection is no longer there.
        """
        import grpc
        from pymilvus.exceptions import MilvusException

        try:
            yield
        except MilvusException as error:
            said = error.message.strip() or str(error.code)
            if error.code in _NO_SUCH_COLLECTION:
                raise IndexUnusable(
                    f"{self.address}: {said}; `newsqa rebuild` makes the index anew"
                ) from error
            raise self._unreachable(said) from error
        except grpc.RpcError as error:
            raise self._unreachable(f"{error.code().name}: {error.details()}") from error

    def _unreachable(self, said: str) -> EngineUnreachable:
        return EngineUnreachable(
            f"{self.address}: {said.splitlines()[0][:300]}; see whether Milvus runs there and"
            " NEWSQA_INDEX names it, its user and its password"
        )

    @property
    def version(self) -> str:
        """What the server says it is."""
        if not self._version:
            client = self.client
            with self.told():
                self._version = str(client.get_server_version(timeout=ANSWER_SECONDS))
        return self._version

    @property
    def has_words(self) -> bool:
        """Whether it ranks by words: Milvus from 2.5 on, and Milvus Lite, whose version is 3."""
        number = re.search(r"(\d+)\.(\d+)", self.version)
        return number is not None and (int(number[1]), int(number[2])) >= _BM25

    def now(self) -> int:
        """Return the server's clock: later than all that was written; 0 where it has none."""
        if self.version.startswith("milvus_lite"):  # one process, which sees what it wrote
            return 0
        client = self.client
        with self.told():
            # MilvusClient tells the moment of no write, and a 2.3 none of a deletion.
            return int(client._get_connection().alloc_timestamp(timeout=ANSWER_SECONDS))

    def collections(self) -> list[str]:
        """Return the names of all collections, in order."""
        client = self.client
        with self.told():
            return sorted(client.list_collections(timeout=ANSWER_SECONDS))

    def drop(self, name: str) -> None:
        """Delete a collection and the aliases that stand for it; nothing if there is none."""
        client = self.client
        if name not in self.collections():
            return
        with self.told():
            named: Any = client.list_aliases(name, timeout=ANSWER_SECONDS)
            for alias in named.get("aliases", ()):
                client.drop_alias(alias, timeout=ANSWER_SECONDS)
            client.drop_collection(name, timeout=WRITE_SECONDS)

    def alias(self, alias: str) -> str | None:
        """Return the collection that an alias stands for, None if there is no such alias."""
        client = self.client
        for name in self.collections():
            with self.told():
                named: Any = client.list_aliases(name, timeout=ANSWER_SECONDS)
            if alias in named.get("aliases", ()):
                return name
        return None

    def set_alias(self, alias: str, collection: str) -> None:
        """Let an alias stand for a collection, whatever it stood for, at one stroke."""
        client = self.client
        known = self.alias(alias)
        if known == collection:
            return
        change = client.create_alias if known is None else client.alter_alias
        with self.told():
            change(collection, alias, timeout=ANSWER_SECONDS)
