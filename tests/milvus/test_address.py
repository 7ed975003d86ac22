"""What NEWSQA_INDEX may say of a Milvus."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import EngineUnreachable, SettingsUnusable
from qa.milvus import Address, Milvus
from tests.engines import free_port


def test_all_that_an_address_says_is_taken() -> None:
    said = "milvus://ann:p%40ss@search.example:19531/news?secure=true&database=main&index=FLAT"

    address = Address.parse(said)

    assert address == Address(
        "search.example", 19531, "news", "ann", "p@ss", True, "main", index="FLAT"
    )
    assert (address.uri, address.token) == ("https://search.example:19531", "ann:p@ss")


def test_a_host_is_enough() -> None:
    assert Address.parse("milvus://[::1]") == Address("::1")
    assert Address.parse("milvus://[::1]").uri == "http://[::1]:19530"
    assert Address.parse("milvus://:a-token@host").token == "a-token"


@pytest.mark.parametrize(
    "said",
    [
        "host",
        "http://host",
        "milvus://",
        "milvus://host:port",
        "milvus://host/two__parts",
        "milvus://host/1st",
        "milvus://host/a/b",
        "milvus://host?secure=perhaps",
        "milvus://host?index=FASTEST",
        "milvus://host?sure=true",
        "milvus://host?secure",
        "milvus://host/name#there",
        "milvus://[host",
    ],
)
def test_what_is_none_is_refused_with_the_form_of_one(said: str) -> None:
    with pytest.raises(SettingsUnusable, match=r"NEWSQA_INDEX: .*milvus://.*host"):
        Address.parse(said)


@given(
    st.sampled_from(["milvus://ann:SECRET@", "milvus://:SECRET@", "http://ann:SECRET@"]), st.text()
)
def test_nobody_is_shown_the_password(user: str, rest: str) -> None:
    try:
        shown = str(address := Address.parse(user + rest)) + repr(address)
    except SettingsUnusable as error:
        shown = str(error)
    assert "SECRET" not in shown.removesuffix(rest)


def test_who_does_not_answer_is_named_without_the_password() -> None:
    port = free_port()
    milvus = Milvus(Address.parse(f"milvus://ann:SECRET@127.0.0.1:{port}/news"))

    with pytest.raises(EngineUnreachable, match=f"127.0.0.1:{port}/news: .*NEWSQA_INDEX") as told:
        _ = milvus.version

    assert "SECRET" not in str(told.value)
