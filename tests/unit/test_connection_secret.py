"""A connection Secret, good and bad; no message ever quotes a value."""

import pytest

from campaign_operator.adapters.cxone.connection_secret import DEFAULT_SCOPE, parse_connection
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.problem import Problem

GOOD = {"client-id": b"id", "client-secret": b"s3cret", "environment": b"na1"}


def test_the_environment_gives_both_addresses() -> None:
    assert parse_connection("cxone", GOOD) == Connection(
        client_id="id",
        client_secret="s3cret",
        token_url="https://na1.niceincontact.com/api/v2/oauth/token",
        api_base_url="https://na1.niceincontact.com",
        scope=DEFAULT_SCOPE,
    )


def test_a_newline_at_the_end_is_nobodys_intention() -> None:
    connection = parse_connection("cxone", {**GOOD, "client-secret": b"s3cret\n"})
    assert isinstance(connection, Connection)
    assert connection.client_secret == "s3cret"


def test_addresses_may_be_given() -> None:
    own = {"api-base-url": b"https://dialer.internal:8443/", "token-url": b"https://login.internal/token"}
    connection = parse_connection("cxone", {**GOOD, **own})
    assert isinstance(connection, Connection)
    assert (connection.api_base_url, connection.token_url) == (
        "https://dialer.internal:8443",
        "https://login.internal/token",
    )


def test_rotating_the_secret_leads_to_the_same_place_and_another_client_does_not() -> None:
    def place(**changes: bytes) -> str:
        connection = parse_connection("cxone", {**GOOD, **{k.replace("_", "-"): v for k, v in changes.items()}})
        assert isinstance(connection, Connection)
        return connection.hash

    assert place() == place(client_secret=b"new") == place(scope=b"a b")
    assert len({place(), place(client_id=b"other"), place(environment=b"na2"), place(token_url=b"https://x.y/t")}) == 4


@pytest.mark.parametrize(
    "spelling",
    [
        "HTTPS://Dialer.Example:443/API/v1",
        "https://dialer.example./API/v1/",
        "https://dialer.example:0443/API/v1//",
        "https://dialer.example/x/../API/./v1",
        "https://dialer.example/x/%2e%2E/API/v1",
        "https://dialer.example/%41PI/v1?",
        "https://dialer\u3002example/API/v1#",
    ],
)
def test_one_dialer_has_one_address_however_it_is_spelled(spelling: str) -> None:
    connection = parse_connection("cxone", {**GOOD, "api-base-url": spelling.encode()})
    assert isinstance(connection, Connection)
    assert connection.api_base_url == "https://dialer.example/API/v1"


@pytest.mark.parametrize(
    ("spelling", "address"),
    [
        ("https://b\u00fccher.example/\u00e4", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://127.1:8443", "https://127.0.0.1:8443"),
        ("https://0x7f.1", "https://127.0.0.1"),
        ("https://[0:0:0::1]:8443/", "https://[::1]:8443"),
        ("https://h/%2f%e4", "https://h/%2F%E4"),
        ("https://h//x", "https://h//x"),
    ],
)
def test_an_address_is_that_of_the_library_that_sends_to_it(spelling: str, address: str) -> None:
    connection = parse_connection("cxone", {**GOOD, "api-base-url": spelling.encode()})
    assert isinstance(connection, Connection)
    assert connection.api_base_url == address
    again = parse_connection("cxone", {**GOOD, "api-base-url": address.encode()})
    assert isinstance(again, Connection)
    assert again.api_base_url == address


def test_the_path_of_a_token_url_keeps_its_last_slash() -> None:
    """It names the end point itself, and some servers know only one of the two."""
    connection = parse_connection("cxone", {**GOOD, "token-url": b"https://Login.Example:443/token/"})
    assert isinstance(connection, Connection)
    assert connection.token_url == "https://login.example/token/"


def test_spellings_of_one_place_have_one_hash() -> None:
    def place(**changes: bytes) -> str:
        connection = parse_connection("cxone", {**GOOD, **{k.replace("_", "-"): v for k, v in changes.items()}})
        assert isinstance(connection, Connection)
        return connection.hash

    assert place(api_base_url=b"https://NA1.niceincontact.com.:443/") == place()
    assert place(token_url=b"https://NA1.niceincontact.com:443/api/v2/oauth/token") == place()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client-id": None}, "key client-id is missing"),
        ({"client-secret": b""}, "key client-secret is empty"),
        ({"client-secret": b" \n"}, "key client-secret is empty"),
        ({"client-secret": b"\xff\xfe"}, "key client-secret is not UTF-8 text"),
        ({"client-secret": b"x" * 5000}, "key client-secret is longer"),
        ({"client-secret": b"a\x00b"}, "control characters"),
        ({"environment": None}, "key environment is missing"),
        ({"environment": b"na1/../x"}, "key environment must be a lower case host label"),
        ({"environment": b"evil.example/"}, "key environment must be"),
        ({"environment": b"user@evil"}, "key environment must be"),
        ({"api-base-url": b"http://na1.niceincontact.com"}, "key api-base-url must be an https URL"),
        ({"api-base-url": b"https:///x"}, "key api-base-url must be"),
        ({"token-url": b"https://u:p@host/t"}, "key token-url must be"),
        ({"token-url": b"https://host:99999/t"}, "key token-url must be"),
        ({"api-base-url": b"https://host/?x=1"}, "key api-base-url must be"),
        ({"api-base-url": b"https://host/#x"}, "key api-base-url must be"),
        ({"api-base-url": b"https://./"}, "key api-base-url must be"),
        ({"api-base-url": b"https://ho st/"}, "key api-base-url must be"),
        ({"api-base-url": b"https://[fe80::1%25eth0]/"}, "key api-base-url must be"),
    ],
)
def test_a_bad_secret_is_told_by_key_and_rule_and_never_by_value(change: dict[str, bytes | None], words: str) -> None:
    data = {k: v for k, v in {**GOOD, **change}.items() if v is not None}
    problem = parse_connection("cxone", data)
    assert isinstance(problem, Problem)
    assert problem.reason == "SecretInvalid"
    assert words in problem.message
    for value in (v.decode(errors="ignore").strip() for v in change.values() if v):
        assert not value or value not in problem.message
