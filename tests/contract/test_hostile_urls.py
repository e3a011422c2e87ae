"""Nothing is ever sent to where the operator must not go: every hostile URL, in each place where somebody can put one.

The operator's own adapters play them, in a network in which every address is this machine and every packet is seen.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contract.closed_network import entered, why_impossible
from contract.hostile_urls import HOSTILE_URLS, PUBLIC_V4, PUBLIC_V6, WITHOUT_A_NAME

WAYS = ("webhook", "contact list", "api-base-url", "token-url")
ALLOWED_AT = f"{PUBLIC_V4} 443"


@pytest.fixture(scope="module")
def played() -> dict[str, Any]:
    """What came of every attempt, each with where it led to and what the operator says. See hostile_attempts."""
    impossible = why_impossible()
    if impossible is not None:
        pytest.skip(impossible)
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        entered(sys.executable, "-m", "contract.hostile_attempts"),
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tests), *sys.path))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_there_are_many_and_none_is_there_twice() -> None:
    urls = [hostile.url for hostile in HOSTILE_URLS]
    assert len(urls) == len(set(urls)) >= 60


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_sent_to_a_hostile_url(played: dict[str, Any], way: str) -> None:
    attempts = played["urls"][way]
    assert len(attempts) == len(HOSTILE_URLS)
    assert {url: attempt for url, attempt in attempts.items() if attempt[0]} == {}


@pytest.mark.parametrize("way", WAYS)
def test_nobody_is_followed_to_a_hostile_url(played: dict[str, Any], way: str) -> None:
    attempts = played["redirects"][way]
    assert len(attempts) >= len(HOSTILE_URLS) // len(WAYS)
    assert {url: attempt for url, attempt in attempts.items() if attempt[0] != [ALLOWED_AT]} == {}


@pytest.mark.parametrize("way", WAYS)
def test_a_url_that_is_allowed_is_connected_to_once(played: dict[str, Any], way: str) -> None:
    where = [attempt[0] for attempt in played["controls"][way].values()]
    assert where == [[ALLOWED_AT], [ALLOWED_AT], [f"{PUBLIC_V6} 443"]]


def test_a_name_that_changes_between_check_and_connect_leads_to_what_was_checked(played: dict[str, Any]) -> None:
    (first, delivered), (second, refused) = played["rebound"]
    assert (first, second) == ([ALLOWED_AT], [])
    assert delivered == "Delivered(code=200)"
    assert "a link-local address" in refused


def test_each_would_be_seen_if_it_were_connected_to(played: dict[str, Any]) -> None:
    """Else the tests above would prove nothing: with all networks opened, the same attempts do lead there."""
    seen = {url for url, attempt in played["opened"].items() if attempt[0]}
    assert seen == {hostile.url for hostile in HOSTILE_URLS if hostile.would_connect}


def test_a_proxy_is_not_asked_for_a_hostile_address(played: dict[str, Any]) -> None:
    """It resolves names itself, so those are for the proxy to judge."""
    asked_for = {url: names for url, (_, names) in played["proxied"].items() if names}
    assert asked_for == {"https://allowed.example/": ["allowed.example:443"]}
    assert len(played["proxied"]) == len(WITHOUT_A_NAME) + 1
