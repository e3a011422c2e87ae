"""No `repr` shows a secret or a contact: it ends in a traceback, a log line or a debugger sooner or later."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from ipaddress import ip_network
from pathlib import Path

import pytest
from builders import SETTINGS, campaign, spec
from pydantic import BaseModel

import campaign_operator
from campaign_operator.adapters.cxone.oauth import Token
from campaign_operator.adapters.kubernetes.api_server import APIAnswer
from campaign_operator.adapters.outbound.downloads import ListAddress
from campaign_operator.adapters.outbound.egress import EgressPolicy
from campaign_operator.adapters.outbound.exchange import OutgoingRequest
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.settings import RunOptions

TELLING = re.compile(
    r"(^|_)(secrets?|tokens?|passwords?|basic|headers?|body|urls?|address|addresses|proxy|text|data|value)$"
)
"""Names of what may hold a secret or a contact."""

SHOWN = {
    "CountedLists.addresses": "hides what is in it",
    "ContactsFromSource.url": "hides what is in it",
    "CronSchedule.text": "the cron expression",
    "_Part.text": "a part of the cron expression",
    "CELRule.text": "a rule of ours",
    "ContentLine.text": "a line of a calendar, which is in a ConfigMap",
    "Property.value": "of a calendar, which is in a ConfigMap",
    "WebhookMessage.body": "names, counts and times of a run; who may read it may read the status",
}
"""What such a name shows all the same, and why."""

CANARY = "canary"


def classes() -> Iterator[type]:
    """Every class of the package."""
    for module in pkgutil.walk_packages(campaign_operator.__path__, "campaign_operator."):
        if not module.name.endswith("__main__"):
            for found in vars(importlib.import_module(module.name)).values():
                if isinstance(found, type) and found.__module__ == module.name:
                    yield found


def shown_fields(of: type) -> list[str]:
    """The fields that its `repr` shows."""
    if is_dataclass(of):
        return [field.name for field in fields(of) if field.repr]
    if issubclass(of, BaseModel):
        return [name for name, field in of.model_fields.items() if field.repr]
    return list(getattr(of, "_fields", ()))


def test_no_field_that_may_hold_a_secret_is_shown() -> None:
    found = {f"{of.__name__}.{name}" for of in classes() for name in shown_fields(of) if TELLING.search(name)}
    assert found == set(SHOWN)


@pytest.mark.parametrize(
    "holder",
    [
        Connection("operator", CANARY, f"https://t.example/{CANARY}", f"https://a.example/{CANARY}", "scope"),
        Token(CANARY, 0.0),
        APIAnswer(200, "OK", {"data": {"client-secret": CANARY}}),
        ListAddress(f"https://l.example/{CANARY}", CANARY, "sales"),
        EgressPolicy(proxy=f"http://user:{CANARY}@p.example", allow_cidrs=(ip_network("10.0.0.0/8"),)),
        OutgoingRequest("p", "POST", f"https://w.example/{CANARY}", {"Authorization": CANARY}, b"canary", (CANARY,)),
        RunOptions(SETTINGS, proxy=f"http://user:{CANARY}@p.example", ca_file=Path("ca.pem")),
        campaign(
            spec=spec(
                contacts=[{"id": f"{CANARY}-1", "timeZone": "Asia/Tokyo"}],
                webhook={"url": f"https://w.example/{CANARY}?key={CANARY}"},
            )
        ),
        campaign(spec=spec(contacts=None, contactsFrom=[{"url": {"address": f"https://l.example/{CANARY}"}}])),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_what_holds_a_secret_or_a_contact_does_not_show_it(holder: object) -> None:
    assert CANARY not in f"{holder!r} {holder}"
