"""Keys: found as long as they are not revoked, by every process; kept so that none is told."""

import json
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from qa.backup import backup, restore
from qa.errors import HomeUnusable
from qa.keys import OPERATOR, Keys, May
from qa.store import ArticleStore

OPERATORS = "0123456789abcdef-operator"


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


def test_a_key_is_found_by_what_was_printed_and_by_nothing_else(keys: Keys) -> None:
    one, sent = keys.add("desk", "write", "5/second;1000/day")
    other, others = keys.add("屏幕")
    assert (one.may, one.rate, other.may, other.rate) == ("write", "5/second;1000/day", "read", "")
    assert sent.split("_")[:2] == ["newsqa", one.id]
    assert (keys.find(sent), keys.find(others)) == (one, other)
    assert keys.all() == sorted([one, other], key=lambda key: (key.created, key.id))
    mixed = f"newsqa_{one.id}_{others.split('_')[2]}"
    hashed = f"newsqa_{one.id}_{one.digest}"
    for wrong in ("", sent[:-1], f"{sent}0", sent.upper(), f" {sent}", mixed, hashed, one.id, "é"):
        assert keys.find(wrong) is None, wrong


@given(st.text(max_size=90))
def test_whatever_is_sent_is_no_key_where_there_is_none(sent: str) -> None:
    assert Keys(Path("nowhere")).find(sent.encode("utf-8", "ignore").decode()) is None


def test_secrets_are_not_guessed_and_not_kept(keys: Keys, tmp_path: Path) -> None:
    made = [keys.add(f"number {number}") for number in range(20)]
    secrets = [sent.split("_")[2] for _, sent in made]
    assert len(set(secrets)) == len({key.id for key, _ in made}) == 20
    assert all(len(bytes.fromhex(secret)) >= 32 for secret in secrets)
    for path in tmp_path.iterdir():
        content = path.read_text()
        assert not [secret for secret in secrets if secret in content], path
    assert [sha256(one.encode()).hexdigest() for one in secrets] == [key.digest for key, _ in made]


def test_nobody_else_may_read_the_file(keys: Keys, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys.add("one")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    keys.add("two")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} <= {"keys.json", "keys.lock"}


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_revoked_key_is_found_no_more(keys: Keys, by: str) -> None:
    key, sent = keys.add("desk")
    _, others = keys.add("screen")
    assert keys.revoke(getattr(key, by)) == key
    assert keys.find(sent) is None
    assert keys.find(others)
    assert keys.revoke(getattr(key, by)) is None
    assert keys.add("desk")[0].id != key.id


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        *((name, "") for name in ("desk", "0123abcd", "", " a", "a\nb", "a" * 65)),
        *(("new", rate) for rate in ("many", "0/minute", "1/minute;", "1/minute\n")),
    ],
)
def test_names_are_told_apart_and_rates_are_rates(keys: Keys, name: str, rate: str) -> None:
    held, _ = keys.add("desk")
    with pytest.raises(ValueError, match=r"is no name|there is a key|is no rate"):
        keys.add(name, "read", rate)
    assert keys.all() == [held]


@pytest.mark.parametrize(("may", "guarded"), [("read", False), ("write", True)])
def test_a_home_is_guarded_as_long_as_a_key_may_write(
    keys: Keys, tmp_path: Path, may: May, guarded: bool
) -> None:
    assert not keys.guarded()
    keys.add("desk", may)
    assert keys.guarded() == guarded
    keys.revoke("desk")
    assert not keys.guarded()
    assert Keys(tmp_path, SecretStr(OPERATORS)).guarded()
    assert not Keys(tmp_path, SecretStr("")).guarded()


def test_the_operators_key_is_one_more_and_in_no_file(tmp_path: Path) -> None:
    keys = Keys(tmp_path, SecretStr(OPERATORS))
    assert keys.find(OPERATORS) == OPERATOR
    assert OPERATOR.may == "write"
    assert keys.find(OPERATORS[:-1]) is keys.find("") is keys.find("operator") is None
    assert keys.revoke("operator") is None
    assert not (tmp_path / "keys.json").exists()
    _, sent = keys.add("desk")
    assert keys.find(sent)


OPENED = (
    "import sys; from pathlib import Path; from qa.keys import Keys; keys = Keys(Path(sys.argv[1]))"
)


def test_what_one_process_changes_every_other_notices(keys: Keys, tmp_path: Path) -> None:
    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", f"{OPENED}; {code}", str(tmp_path)],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    assert keys.all() == []
    sent = run("print(keys.add('desk', 'write')[1])")
    found = keys.find(sent)
    assert found
    assert keys.guarded()
    run("keys.revoke('desk')")
    assert keys.find(sent) is None
    assert not keys.guarded()


def test_several_make_keys_at_once_and_none_is_lost(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: Keys(tmp_path).add(f"n{number}"), range(24)))
    keys = Keys(tmp_path)
    assert [keys.find(sent) for _, sent in made] == [key for key, _ in made]


def damaged(held: str) -> list[str]:
    (one,) = json.loads(held)
    wrong = [{"may": "all"}, {"digest": ""}, {"id": "operator"}, {"rate": "x"}, {"created": "now"}]
    return ["", "{}", "null", held[:-9], "\x00", *(json.dumps([{**one, **bad}]) for bad in wrong)]


def test_a_damaged_file_lets_nobody_in_and_is_named(keys: Keys, tmp_path: Path) -> None:
    _, sent = keys.add("desk", "write")
    file = tmp_path / "keys.json"
    sound = file.read_text()
    for content in damaged(sound):
        file.write_text(content)
        for call in (keys.all, keys.guarded, lambda: keys.find(sent), lambda: keys.add("new")):
            with pytest.raises(HomeUnusable, match=r"keys\.json: it is damaged"):
                call()
        assert file.read_text() == content
        assert Keys(tmp_path, SecretStr(OPERATORS)).find(OPERATORS)
    file.write_text(sound)
    assert keys.find(sent)


def test_a_file_that_cannot_be_read_lets_nobody_in(keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "keys.json").mkdir()
    with pytest.raises(HomeUnusable, match=r"keys\.json: "):
        keys.guarded()


def test_keys_are_in_no_backup_and_survive_a_restore(keys: Keys, tmp_path: Path) -> None:
    _, sent = keys.add("desk")
    ArticleStore(tmp_path / "articles.sqlite")
    written = backup(tmp_path, tmp_path / "backup.zip")
    with ZipFile(written) as archive:
        assert not [name for name in archive.namelist() if "key" in name]
    restore(written, tmp_path, force=True)
    assert keys.find(sent)
