"""Reads a connection to NICE CXone out of the keys of its Secret; says what is wrong without ever quoting a value.

Owns the one form of an address. A campaign has one owner at one dialer, and is known by a hash of where its schedules
live, so one place must not have two names: an address is taken apart by the library that will also send to it, and put
together again in the form that RFC 3986 calls normal (sections 6.2.2 and 6.2.3).
"""

import re
from collections.abc import Mapping

import httpx

from campaign_operator.adapters.outbound.destinations import DestinationRefusedError, checked_url, literal_address
from campaign_operator.api.conditions import Reason
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.secret_value import SecretValueError, secret_text
from campaign_operator.domain.problem import Problem

# becomes part of a host name, so nothing that could end the host part of a URL may be in it
_ENVIRONMENT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,3}")

_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_IP_WITH_COLONS = 6
_DEFAULT_PORT = 443

DEFAULT_SCOPE = "outbound:campaign:write outbound:contact:read analytics:read"


def parse_connection(secret_name: str, data: Mapping[str, bytes]) -> Connection | Problem:
    """The connection in the Secret's data, or a Problem that names the key, the rule and the remedy."""
    try:
        client_id, client_secret = secret_text(data, "client-id"), secret_text(data, "client-secret")
        host = f"https://{_environment(data)}.niceincontact.com"
        return Connection(
            client_id=client_id,
            client_secret=client_secret,
            token_url=_url(data, "token-url", f"{host}/api/v2/oauth/token"),
            api_base_url=_url(data, "api-base-url", host).rstrip("/"),
            scope=secret_text(data, "scope", DEFAULT_SCOPE),
        )
    except SecretValueError as error:
        return Problem(Reason.SECRET_INVALID, f'Secret "{secret_name}": {error}')


def _environment(data: Mapping[str, bytes]) -> str:
    environment = secret_text(data, "environment")
    if not _ENVIRONMENT.fullmatch(environment):
        raise SecretValueError("key environment must be a lower case host label, such as na1")
    return environment


def _url(data: Mapping[str, bytes], key: str, default: str) -> str:
    text = secret_text(data, key, default)
    try:
        # first, since a dot that need not be encoded may be one of those that are resolved
        url = checked_url(_ENCODED.sub(_decoded, text))
    except DestinationRefusedError:
        url = None
    if url is None or url.query or url.fragment or not url.raw_host.strip(b"."):
        raise SecretValueError(f"key {key} must be an https URL with a host and without user information or query")
    return _normal_form(url)


def _normal_form(url: httpx.URL) -> str:
    """The one spelling of an address. httpx has put the host into lower case, an internationalized name into ASCII, and
    has resolved the dots of the path.
    """
    host = url.raw_host.decode("ascii").rstrip(".")
    literal = literal_address(host)
    if literal is not None:
        host = f"[{literal}]" if literal.version == _IP_WITH_COLONS else str(literal)
    path = url.raw_path.decode("ascii").partition("?")[0]
    port = "" if url.port in (None, _DEFAULT_PORT) else f":{url.port}"
    return f"https://{host}{port}{'' if path == '/' else path}"


def _decoded(encoded: re.Match[str]) -> str:
    """What need not be encoded is not, and the rest has upper case digits."""
    character = chr(int(encoded[1], 16))
    return character if _UNRESERVED.fullmatch(character) else encoded[0].upper()
