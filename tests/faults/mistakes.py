"""Planted mistakes."""


def plant(name: str) -> None:
    raise LookupError(name)
