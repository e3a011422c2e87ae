"""Servers that send back all that they are sent, in every kind of answer, and a namespace full of canaries: words that
stand in one place each, and must be found in no other.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from e2e_world import Manifest, campaign, config_map, secret
from scripted_server import Received, Reply, answer, garbage, hang_up, silence

CLIENT_SECRET = "canary-client/Secret+Zx81qP"
TOKEN = "canary-token.eyJhbGciOiJub25lIn0.c2lsZW50"
SIGNING = "whsec_" + base64.b64encode(b"canary-signing-secret-8Wc").decode()
PLAIN_SIGNING = "canary-plain-signing-secret"
LIST_TOKEN = "canary-list-token-77aQ"
LIST_PATH, LIST_QUERY = "canary-list-path", "canary-list-query"
HOOK_PATH, HOOK_QUERY = "canary-hook-path", "canary-hook-query"
CONTACT, LISTED, COLUMN, ZONE = "canary-contact-1", "canary-listed-1", "canary-column", "canary-zone"
PHONES = ("16465557391", "18005557391", "646555739")
"""Numbers of contacts: one with a time zone, one without, and one that is none."""
BASIC = base64.b64encode(f"canary-id:{CLIENT_SECRET}".encode()).decode()

SECRETS = (CLIENT_SECRET, TOKEN, BASIC, SIGNING, SIGNING[6:], PLAIN_SIGNING, LIST_TOKEN)
CANARIES = (*SECRETS, *(quote(s, safe="") for s in SECRETS), LIST_PATH, LIST_QUERY, HOOK_PATH, HOOK_QUERY)
PEOPLE = (CONTACT, LISTED, COLUMN, ZONE, *PHONES)

TOKEN_PATH, REFUSED_TOKEN_PATH, BROKEN_TOKEN_PATH = "/token", "/token/refused", "/token/broken"


def _echo(request: Received) -> dict[str, object]:
    """All that was sent, in each field that a message is looked for in."""
    sent = f"{request.method} {request.target} {dict(request.headers)} {request.body.decode()}"
    return {"message": sent, "error": {"message": sent}, "detail": sent, "error_description": sent}


def _shortened(request: Received) -> dict[str, object]:
    return {"message": f"expired: {request.headers.get('authorization', '')[:28]}..."}


_PHONE_ROWS = "id,timeZone,phone\n" + "".join(f"{LISTED}-{phone[:3]},,+{phone}\n" for phone in PHONES)

SUBMISSIONS: dict[str, Callable[[Received], Reply]] = {
    "accepted": lambda _: answer(201, {"id": "s-1"}),
    "rejected": lambda request: answer(400, _echo(request)),
    "shortened": lambda request: answer(422, _shortened(request)),
    "unauthorized": lambda request: answer(401, _echo(request)),
    "forbidden": lambda request: answer(403, _shortened(request)),
    "throttled": lambda request: answer(429, _echo(request), headers={"Retry-After": TOKEN}),
    "broken": lambda request: answer(500, _echo(request)),
    "teapot": lambda request: answer(418, _shortened(request)),
    "unreadable": lambda request: answer(201, raw=json.dumps(_echo(request)).encode()[:-1]),
    "named": lambda request: answer(201, {"id": request.headers["authorization"]}),
    "headers": lambda request: answer(503, None, headers={"Location": f"/{request.headers['authorization']}"}),
    "nonsense": lambda request: garbage(request.headers["authorization"].encode()),
    "cut": lambda request: answer(500, _echo(request), cut_after=40),
    "gone": lambda _: hang_up,
    "silent": lambda _: silence,
}
"""What becomes of a submission, by campaignID. Of these campaigns the listing is empty."""

LISTINGS: dict[str, Callable[[Received], Reply]] = {
    "listing-broken": lambda request: answer(500, _echo(request)),
    "listing-refused": lambda request: answer(403, _echo(request)),
    "listing-unreadable": lambda request: answer(200, {"data": [_echo(request)], "page": 1, "totalPages": 1}),
    "listing-foreign": lambda request: answer(
        200, {"data": [{"id": TOKEN, "campaignId": TOKEN}], "page": 1, "totalPages": 1}
    ),
}
"""What becomes of the look at the listing before the first submission."""


@dataclass
class EchoingServer:
    """A route of a scripted server that is dialer, token endpoint, receiver and server of lists at once."""

    seen: list[Received] = field(default_factory=list)

    def saw_all(self) -> bool:
        """Whether an operator can have asked for all that it is told to ask for."""
        asked = {f"{request.method} {urlsplit(request.target).path}" for request in self.seen}
        paths = [
            *(f"POST /api/v2/outbound/campaigns/{name}/schedules" for name in SUBMISSIONS),
            *(f"GET /api/v2/outbound/campaigns/{name}/schedules" for name in LISTINGS),
            *(f"GET /{LIST_PATH}/{name}.csv" for name in ("good", "bad", "headless", "missing")),
            *(f"POST {path}" for path in (REFUSED_TOKEN_PATH, BROKEN_TOKEN_PATH, f"/{HOOK_PATH}")),
        ]
        return asked.issuperset(paths)

    def __call__(self, request: Received) -> Reply:
        self.seen.append(request)
        path = urlsplit(request.target).path
        if path == TOKEN_PATH:
            return answer(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        if path == REFUSED_TOKEN_PATH:
            return answer(401, _echo(request))
        if path == BROKEN_TOKEN_PATH:
            return answer(200, {"access_token": "", **_echo(request)})
        if path.startswith("/api/v2/outbound/campaigns/"):
            return self._dialed(path.split("/")[5], request)
        if path == f"/{LIST_PATH}/good.csv":
            return answer(200, raw=f"id,timeZone,{COLUMN}\n{LISTED},Etc/UTC,x\n".encode())
        if path == f"/{LIST_PATH}/bad.csv":
            return answer(200, raw=f"id,timeZone,{COLUMN}\n{LISTED},{ZONE},x\n{LISTED},{ZONE},x\n".encode())
        if path == f"/{LIST_PATH}/phones.csv":
            return answer(200, raw=_PHONE_ROWS.encode())
        if path == f"/{LIST_PATH}/headless.csv":
            return answer(200, raw=f"{LISTED},{COLUMN},{ZONE}\n".encode())
        return answer(500, _echo(request))

    def _dialed(self, campaign_id: str, request: Received) -> Reply:
        if request.method == "GET":
            listing = LISTINGS.get(campaign_id)
            return listing(request) if listing else answer(200, {"data": [], "page": 1, "totalPages": 1})
        return SUBMISSIONS.get(campaign_id.partition("-hooked")[0], SUBMISSIONS["accepted"])(request)


def manifests(namespace: str, url: str) -> list[Manifest]:
    """Objects and campaigns with canaries in each place that takes one."""
    values = {"client-id": "canary-id", "client-secret": CLIENT_SECRET, "environment": "test", "api-base-url": url}
    objects = [
        secret(namespace, "cxone", {**values, "token-url": f"{url}{TOKEN_PATH}"}),
        secret(namespace, "refused", {**values, "token-url": f"{url}{REFUSED_TOKEN_PATH}"}),
        secret(namespace, "broken", {**values, "token-url": f"{url}{BROKEN_TOKEN_PATH}"}),
        secret(namespace, "odd", {**values, "client-secret": f"{CLIENT_SECRET}\x07", "token-url": CLIENT_SECRET}),
        secret(namespace, "signing", {"key": SIGNING, "plain": PLAIN_SIGNING}),
        secret(
            namespace, "rows", {"bad.csv": f"id,timeZone\n{LISTED},{ZONE}\n", "odd.json": f'[{{"id": "{LISTED}", "x'}
        ),
        config_map(namespace, "rows", bad__csv=f"id,timeZone\n{LISTED},Mars/Base\n{LISTED},Etc/UTC\n"),
        config_map(namespace, "phones", rows__csv=_PHONE_ROWS),
        *(
            secret(namespace, name, {"url": f"{url}/{LIST_PATH}/{name}.csv?key={LIST_QUERY}", "token": LIST_TOKEN})
            for name in ("good", "bad", "headless", "missing", "phones")
        ),
    ]
    hook = f"{url}/{HOOK_PATH}?key={HOOK_QUERY}"
    contacts = [{"id": CONTACT, "timeZone": "Europe/London"}]
    campaigns = [
        *(campaign(namespace, name, campaignID=name, contacts=contacts) for name in (*SUBMISSIONS, *LISTINGS)),
        campaign(namespace, "hooked", campaignID="rejected-hooked", contacts=contacts, webhook=_hook(hook, "key")),
        campaign(namespace, "plain", campaignID="shortened-hooked", contacts=contacts, webhook=_hook(hook, "plain")),
        *(
            campaign(namespace, f"secret-{name}", contacts=contacts, connection={"secretRef": {"name": name}})
            for name in ("refused", "broken", "odd")
        ),
        campaign(namespace, "repeated", contacts=[*contacts, *contacts]),
        *(
            campaign(namespace, f"url-{name}", contacts=None, contactsFrom=[{"url": {"secretRef": {"name": name}}}])
            for name in ("good", "bad", "headless", "missing")
        ),
        *(
            campaign(
                namespace,
                f"rows-{number}",
                contacts=None,
                contactsFrom=[{f"{kind}KeyRef": {"name": "rows", "key": key}}],
            )
            for number, (kind, key) in enumerate(
                [("secret", "bad.csv"), ("secret", "odd.json"), ("configMap", "bad.csv")]
            )
        ),
        *(
            campaign(
                namespace,
                f"phones-{number}",
                contacts=None,
                contactsFrom=[{**where, **columns}],
                onInvalidContact=policy,
                maxSkippedPercent=100,
            )
            for number, (where, columns, policy) in enumerate(
                (where, columns, policy)
                for where in (
                    {"configMapKeyRef": {"name": "phones", "key": "rows.csv"}},
                    {"url": {"secretRef": {"name": "phones"}}},
                )
                for columns in ({"phoneColumn": "phone"}, {"timeZoneColumn": "phone"})
                for policy in ("Reject", "Skip")
            )
        ),
    ]
    return [*objects, *campaigns]


def _hook(url: str, key: str) -> dict[str, object]:
    return {"url": url, "secretRef": {"name": "signing", "key": key}}
