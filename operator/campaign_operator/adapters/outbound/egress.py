"""The only place that makes HTTP connections, with one set of rules for every call that leaves the operator.

- https only; the certificate is checked against the system's roots (OpenSSL's default places, so that a
  company's own roots in the image count and an update of the image updates them) and `ca_file`, as they are when the
  connection is made.
- A name is resolved once, every address of it is judged, and the connection goes to a judged address as a
  literal, so that a second answer of the name server changes nothing. SNI, Host and certificate check still
  go by the name.
- A closed connection is reset (SO_LINGER 0): else the kernel goes on delivering the bytes of a request that
  was given up, for a minute and more after a network fault, when somebody may already have looked, found
  nothing, and sent again.
- The kernel itself gives up what has not been acknowledged for a while (TCP_USER_TIMEOUT), for it would do
  the same for a process that stands still and closes nothing.

The connections are httpcore's, the part of httpx that can be told how to connect. `httpx.AsyncClient` on top would add
cookies, the environment's proxies and a log line with every URL, all of which would have to be turned off
again. Owns policy and connecting; what to make of answers and faults is the exchange's business.
"""

import asyncio
import os
import socket
import ssl
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpcore
import httpx

from campaign_operator.adapters.outbound.destinations import (
    AddressRefusedError,
    IPNetwork,
    checked_url,
    literal_address,
    why_refused,
)
from campaign_operator.adapters.outbound.resolver import ResolveName, SystemResolver
from campaign_operator.adapters.outbound.trusted_roots import TrustedRoots

# Less than servers give: a request on a connection that is just being closed has an unclear end.
_KEEP_ALIVE_SECONDS = 3.0
_MOST_ADDRESSES_TRIED = 4
_RESET_ON_CLOSE = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
_UNACKNOWLEDGED_SECONDS = 30.0


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
    """Makes connections that keep to one policy, and share trusted roots and resolver.

    Raises OSError (of which ssl.SSLError is one) where `ca_file` cannot be read, ValueError where `proxy` is no proxy's
    URL. Make one for the dialers and another for webhooks, so that a receiver's dead name server cannot hold up a
    dialer's name. `unacknowledged_seconds`: how long the kernel tries to deliver what was sent.
    """

    def __init__(
        self,
        policy: EgressPolicy,
        resolve: ResolveName | None = None,
        *,
        unacknowledged_seconds: float = _UNACKNOWLEDGED_SECONDS,
    ) -> None:
        self._roots = TrustedRoots(policy.ca_file)
        self._proxy = policy.proxy
        self._allowed = policy.allow_cidrs
        self._resolve = resolve
        self._system_resolver = SystemResolver()
        self._options = (_RESET_ON_CLOSE, *_given_up_after(unacknowledged_seconds))
        if self._proxy is not None:
            _proxy(self._proxy, self._roots.context())

    def judged_url(self, text: str) -> httpx.URL:
        """The URL, if it is one that may be called as far as can be told without resolving its host.

        Raises DestinationRefusedError.
        """
        url = checked_url(text)
        literal = literal_address(url.raw_host.decode("ascii"))
        if literal is not None:
            _raise_if_refused(str(literal), str(literal), self._allowed)
        return url

    def open_connection(self, origin: httpcore.Origin, owner: str) -> httpcore.AsyncConnectionInterface:
        """A connection for one request at a time to the origin of a judged URL; whoever opens it closes it.

        `owner`: whose it is, such as a namespace: names are looked up in the threads of the owner. It connects with its
        first request, which may raise DestinationRefusedError besides httpcore's exceptions.
        """
        tls = self._roots.context()
        backend = _CheckedBackend(
            self._resolve or self._system_resolver.of(owner),
            None if self._proxy is not None else self._allowed,
            self._options,
        )
        # Never sends anything itself: it only knows how to make a connection, with or without a proxy.
        factory = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            proxy=_proxy(self._proxy, tls) if self._proxy is not None else None,
            keepalive_expiry=_KEEP_ALIVE_SECONDS,
            network_backend=backend,
        )
        return factory.create_connection(origin)

    def close(self) -> None:
        """Let go of the resolver's threads. Connections are closed by those who opened them."""
        self._system_resolver.close()


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to judged addresses only. Raises DestinationRefusedError, ConnectError or ConnectTimeout.

    `allowed` is None where the connection is to a proxy, whose address is the administrator's own choice. `options` are
    set on every socket.
    """

    def __init__(
        self,
        resolve: ResolveName,
        allowed: tuple[IPNetwork, ...] | None,
        options: tuple[httpcore.SOCKET_OPTION, ...],
    ) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._options = options
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
        options = [*(socket_options or ()), *self._options]
        try:
            async with asyncio.timeout_at(deadline):
                addresses = await self._judged_addresses(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} could not be resolved in time") from error
        fault: Exception = httpcore.ConnectError(f"{host} has no address")
        for position, address in enumerate(addresses):
            share = None if deadline is None else (deadline - loop.time()) / (len(addresses) - position)
            try:
                return _Stream(await self._network.connect_tcp(address, port, share, local_address, options))
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
        if self._allowed is not None:
            for address in addresses:
                _raise_if_refused(host, address, self._allowed)
        return addresses[:_MOST_ADDRESSES_TRIED]


class _Stream(httpcore.AsyncNetworkStream):
    """A connected stream that is closed when its TLS handshake is cancelled; httpcore closes it on errors only."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface is httpcore's
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            await self._stream.aclose()
            raise

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _given_up_after(seconds: float) -> tuple[httpcore.SOCKET_OPTION, ...]:
    """Linux alone has the option (tcp(7))."""
    if sys.platform != "linux":
        return ()
    return ((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, max(1, int(seconds * 1000))),)


def _raise_if_refused(host: str, address: str, allowed: tuple[IPNetwork, ...]) -> None:
    kind = why_refused(address, allowed)
    if kind is not None:
        raise AddressRefusedError(host, kind)


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
        raise ValueError("a proxy must have the form http://host:port or https://host:port")
    return httpcore.Proxy(
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/"),
        auth=(url.username, url.password) if url.userinfo else None,
        ssl_context=tls if url.scheme == "https" else None,
    )
