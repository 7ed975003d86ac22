"""Shards that a Ray cluster embeds: the same function, so the same bytes."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from qa.errors import NewsqaError
from qa.shards import deal_out, embed_here, embed_on_ray, finished, missing
from qa.shards.vectors import opened

from .test_shards import drafts, files, open_dying, open_hashing, open_nothing, set_of

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra `ray`")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Have each test open its encoders itself."""
    opened.cache_clear()
    yield
    opened.cache_clear()


@needs_ray
def test_a_cluster_makes_the_same_bytes_though_a_worker_is_killed(tmp_path: Path) -> None:
    items = drafts(24, sentences=100)
    about = set_of(model=str(tmp_path / "killed"), size=8)
    for name in ("here", "ray"):
        (tmp_path / name).mkdir()
    dealt = deal_out(items, tmp_path / "here", about)
    embed_here(tmp_path / "here", dealt.shards, open_hashing)
    one = finished(tmp_path / "here", dealt)
    assert deal_out(items, tmp_path / "ray", about) == dealt
    done: list[str] = []
    embed_on_ray(
        tmp_path / "ray",
        dealt.shards,
        open_dying,
        "local",
        2,
        lambda shard: done.append(shard.name),
    )
    assert (tmp_path / "killed").is_file()
    assert sorted(done) == [shard.name for shard in dealt.shards]
    assert finished(tmp_path / "ray", dealt) == one
    assert files(tmp_path / "ray") == files(tmp_path / "here")


@needs_ray
def test_what_fails_on_a_cluster_is_told(tmp_path: Path) -> None:
    dealt = deal_out(drafts(4), tmp_path, set_of())
    with pytest.raises(NewsqaError, match=r"shard-0000\d: .*it is not here"):
        embed_on_ray(tmp_path, dealt.shards, open_nothing, "local", 1)
    assert missing(tmp_path, dealt) == [*dealt.shards]


@needs_ray
def test_a_task_that_is_always_killed_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "always").mkdir()
    dealt = deal_out(
        drafts(10, sentences=100), tmp_path, set_of(model=str(tmp_path / "always"), size=10)
    )
    with pytest.raises(NewsqaError, match="shard-00000: Ray gave it up"):
        embed_on_ray(tmp_path, dealt.shards, open_dying, "local", 1)
    assert missing(tmp_path, dealt) == [*dealt.shards]


@needs_ray
def test_a_cluster_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NewsqaError, match="auto: no Ray cluster is there"):
        embed_on_ray(tmp_path, (), open_hashing, "auto")


def test_without_ray_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(NewsqaError, match=r"pip install 'newsqa\[ray\]'"):
        embed_on_ray(tmp_path, (), open_hashing, "local")
