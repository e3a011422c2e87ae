"""What an operator says to the outside, by name: the places at which something can go wrong.

A name is what a request is about, such as `status` or `submit[Europe/Paris]`; with a number, `status#3`, it is the
third of that name in a world's life, counted over all operators and restarts. Pure.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlsplit

from campaign_operator.api.vocabulary import GROUP, PLURAL

_CAMPAIGNS = re.compile(
    rf"/apis/{re.escape(GROUP)}/[^/]+(?:/namespaces/[^/]+)?/{PLURAL}(?:/(?P<name>[^/]+)(?P<status>/status)?)?"
)
_CORE = re.compile(r"/api/v1/namespaces/[^/]+(?:/(?P<kind>[a-z]+)(?:/[^/]+)?)?")
_EVENTS = re.compile(r"/apis/events\.k8s\.io/v1/namespaces/[^/]+/events(?:/[^/]+)?")
_SCHEDULES = re.compile(r"/api/v2/outbound/campaigns/[^/]+/schedules(?:/(?P<id>[^/]+))?")
_TOKEN_PATH = "/api/v2/oauth/token"  # a path, not a token
_ANALYTICS_PATH = "/api/v2/analytics/outbound/details/query"
_LEASES = re.compile(r"/apis/coordination\.k8s\.io/v1/namespaces/[^/]+/leases(?:/[^/]+)?")
HOOKS = "/hooks/"
_SLOT = re.compile(r" slot/(\d+)$")


def signed(user_agent: str, slot: int) -> str:
    """A User-Agent that tells the slot of the operator, too; see `Request.slot`."""
    return f"{user_agent} slot/{slot}"


class Side(StrEnum):
    """Who is asked."""

    API_SERVER = "API server"
    DIALER = "dialer"
    RECEIVER = "receiver"


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def side(self) -> Side:
        """Who it is for."""
        if self.path.startswith("/api/v2/"):
            return Side.DIALER
        return Side.RECEIVER if self.path.startswith(HOOKS) else Side.API_SERVER

    @property
    def slot(self) -> int | None:
        """The slot of the operator that sent it, where it says so. Only towards the API server has each a front of its
        own; to all else they have one way, since they share a Secret.
        """
        found = _SLOT.search(self.headers.get("User-Agent", ""))
        return int(found[1]) if found is not None else None

    @property
    def is_watch(self) -> bool:
        """Whether its answer is a stream."""
        return parse_qs(urlsplit(self.path).query).get("watch") == ["true"]

    @property
    def watched_from(self) -> int:
        """The resourceVersion that a watch begins at."""
        return int(parse_qs(urlsplit(self.path).query).get("resourceVersion", ["0"])[0])

    @property
    def is_about_a_campaign(self) -> bool:
        """Whether its answer has the resourceVersion of a campaign."""
        found = _CAMPAIGNS.fullmatch(urlsplit(self.path).path)
        return found is not None and self.method in ("PUT", "PATCH")

    def json(self) -> Any:
        """Its body."""
        return json.loads(self.body)

    def basic_credentials(self) -> str | None:
        """The client secret that a token is asked for with; None where there is none."""
        kind, _, text = self.headers.get("Authorization", "").partition(" ")
        return base64.b64decode(text).decode().partition(":")[2] if kind == "Basic" else None

    def bearer_token(self) -> str:
        """The token it carries; empty where there is none."""
        kind, _, text = self.headers.get("Authorization", "").partition(" ")
        return text if kind == "Bearer" else ""


def name_of(request: Request, zone_of: Mapping[str, str]) -> str:
    """What a request is about. `zone_of`: the time zones of the schedules that the dialer has made, by id."""
    path = urlsplit(request.path).path
    if path.startswith(HOOKS):
        return "webhook"
    if path == _TOKEN_PATH:
        return "token"
    if path == _ANALYTICS_PATH:
        return "analytics"
    schedules = _SCHEDULES.fullmatch(path)
    if schedules is not None:
        if request.method == "GET":
            return "listing"
        zone = request.json()["timezone"] if request.method == "POST" else zone_of.get(schedules["id"], "?")
        return f"{'submit' if request.method == 'POST' else 'cancel'}[{zone}]"
    campaigns = _CAMPAIGNS.fullmatch(path)
    if campaigns is not None:
        return _about_campaigns(request, campaigns)
    if _LEASES.fullmatch(path):
        return "lease"
    if _EVENTS.fullmatch(path):
        return "event"
    core = _CORE.fullmatch(path)
    if core is not None:
        return {"secrets": "secret", "configmaps": "config-map"}.get(core["kind"] or "", "namespace")
    return "discovery"


def _about_campaigns(request: Request, found: re.Match[str]) -> str:
    if found["status"]:
        return "status"
    if found["name"]:
        return "read" if request.method == "GET" else "finalizer"
    query = parse_qs(urlsplit(request.path).query)
    if "watch" in query:
        return "watch"
    if "fieldSelector" in query:
        return "rivals"
    return "check" if "limit" in query and query["limit"] == ["1"] else "list"
