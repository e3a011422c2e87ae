"""The only place that makes HTTP connections, with one set of rules for every call that leaves the operator.

- https only; the certificate is checked against the system's roots (OpenSSL's default places, so that a
  company's own roots in the image count and an update of the image updates them) and `ca_file`.
- A name is resolved once, every address of it is judged, and the connection goes to a judged address as a
  literal, so that a second answer of the name server changes nothing. SNI, Host and certificate check still
  go by the name.
- A closed connection is reset (SO_LINGER 0): else the kernel goes on delivering the bytes of a request that
  was given up, for a minute and more after a network fault, when somebody may already have looked, found
  nothing, and sent again.

The pool is httpcore's, the part of httpx that can be told how to connect. `httpx.AsyncClient` on top of it
would add redirects, cookies, the environment's proxies and a log line with every URL, all of which would have
to be turned off again. Owns policy and pools; what to make of answers and faults is the exchange's business.
"""

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import httpcore
import httpx

from campaign_operator.adapters.destinations import (
    DestinationRefusedError,
    IPNetwork,
    checked_url,
    literal_address,
    refusal,
)
from campaign_operator.adapters.resolver import Resolve, SystemResolver

_KEEP_ALIVE_SECONDS = (
    3.0  # less than servers give: a request on a connection that is just being closed has an unclear end
)
_MOST_ADDRESSES_TRIED = 4
_RESET_ON_CLOSE = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """What an administrator has decided about outgoing calls.

    `ca_file`: PEM roots trusted besides the system's. `allow_cidrs`: networks that may be called although
    they would be refused. `proxy`: `http://` or `https://` URL of a proxy for all calls; it then resolves the
    names, so that only addresses written in a URL are still judged here, and keeping names away from private
    addresses is the proxy's task.
    """

    ca_file: Path | None = None
    allow_cidrs: tuple[IPNetwork, ...] = ()
    proxy: str | None = field(default=None, repr=False)


class Egress:
    """Makes connection pools that keep to one policy, and share TLS context and resolver.

    Raises OSError (of which ssl.SSLError is one) where `ca_file` cannot be read, ValueError where `proxy` is
    no proxy's URL. Make one for the dialers and another for webhooks, so that a receiver's dead name server
    cannot hold up a dialer's name.
    """

    def __init__(self, policy: EgressPolicy, resolve: Resolve | None = None) -> None:
        self._tls = ssl.create_default_context()
        if policy.ca_file is not None:
            self._tls.load_verify_locations(cafile=policy.ca_file)
        self._proxy = _proxy(policy.proxy, self._tls) if policy.proxy is not None else None
        self._allowed = policy.allow_cidrs
        self._system_resolver = SystemResolver()
        self._resolve: Resolve = resolve or self._system_resolver

    def judged_url(self, text: str) -> httpx.URL:
        """The URL, if it is one that may be called as far as can be told without resolving its host.

        Raises DestinationRefusedError.
        """
        url = checked_url(text)
        literal = literal_address(url.raw_host.decode("ascii"))
        if literal is not None:
            _raise_if_refused(str(literal), str(literal), self._allowed)
        return url

    def open_pool(self, *, keep_alive: bool) -> httpcore.AsyncConnectionPool:
        """A pool; whoever opens it bounds its concurrency, gives it judged URLs only, and closes it.

        Besides httpcore's exceptions a request may raise DestinationRefusedError.
        """
        checked = _CheckedBackend(self._allowed, self._resolve)
        return httpcore.AsyncConnectionPool(
            ssl_context=self._tls,
            proxy=self._proxy,
            # The caller's semaphore is the bound. With one here, too, a connection that the pool loses track
            # of when its request is cancelled at the wrong moment would block a place for ever.
            max_connections=None,
            max_keepalive_connections=None if keep_alive else 0,
            keepalive_expiry=_KEEP_ALIVE_SECONDS,
            network_backend=httpcore.AnyIOBackend() if self._proxy else checked,
            socket_options=[_RESET_ON_CLOSE],
        )

    def close(self) -> None:
        """Let go of the resolver's threads. Pools are closed by those who opened them."""
        self._system_resolver.close()


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to judged addresses only. Raises DestinationRefusedError, ConnectError or ConnectTimeout."""

    def __init__(self, allowed: tuple[IPNetwork, ...], resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, judge every address, and try them in turn, all within `timeout` seconds."""
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        try:
            async with asyncio.timeout_at(deadline):
                addresses = await self._judged_addresses(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from error
        fault: Exception = httpcore.ConnectError(f"{host} has no address")
        for position, address in enumerate(addresses):
            share = None if deadline is None else (deadline - loop.time()) / (len(addresses) - position)
            try:
                return await self._network.connect_tcp(address, port, share, local_address, socket_options)
            except httpcore.ConnectTimeout:
                fault = httpcore.ConnectTimeout(f"no connection to {host} in time")
            except httpcore.ConnectError as error:
                fault = httpcore.ConnectError(f"no connection to {host}: {_system_reason(error)}")
        raise fault

    async def _judged_addresses(self, host: str, port: int) -> tuple[str, ...]:
        literal = literal_address(host)
        try:
            addresses = (str(literal),) if literal else await self._resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved") from error
        for address in addresses:
            _raise_if_refused(host, address, self._allowed)
        return addresses[:_MOST_ADDRESSES_TRIED]


def _raise_if_refused(host: str, address: str, allowed: tuple[IPNetwork, ...]) -> None:
    """The message names the host and the kind of address, but not the address.

    Who may create a campaign is not thereby entitled to learn what the cluster's name server knows.
    """
    kind = refusal(address, allowed)
    if kind is not None:
        raise DestinationRefusedError(
            f"{host} is {kind} address: the operator calls it only if started with --allow-cidr for it"
        )


def _system_reason(error: BaseException) -> str:
    """What the operating system said, from beneath the wrappers' "All connection attempts failed"."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno)
        cause = cause.__cause__ or cause.__context__
    return "it failed"


def _proxy(text: str, tls: ssl.SSLContext) -> httpcore.Proxy:
    url = httpx.URL(text)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("a proxy is given as http://host:port or https://host:port")
    return httpcore.Proxy(
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/"),
        auth=(url.username, url.password) if url.userinfo else None,
        ssl_context=tls if url.scheme == "https" else None,
    )
