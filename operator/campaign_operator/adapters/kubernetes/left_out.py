"""Which of the watched namespaces are left out for now, since the API server lets us list their campaigns no more."""

import asyncio
from collections import defaultdict


class LeftOut:
    """The names of these namespaces, and which namespaces are in doubt."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._doubts: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def __contains__(self, namespace: str) -> bool:
        return namespace in self._names

    def add(self, namespace: str) -> None:
        """Leave it out."""
        self._names.add(namespace)

    def discard(self, namespace: str) -> None:
        """Take it in again."""
        self._names.discard(namespace)

    def doubt(self, namespace: str) -> None:
        """A reading was refused: whoever watches the namespace should look whether it still may."""
        self._doubts[namespace].set()

    async def doubted(self, namespace: str) -> None:
        """Wait until the namespace is in doubt, and count that as said."""
        await self._doubts[namespace].wait()
        self._doubts[namespace].clear()
