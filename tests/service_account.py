"""Tokens of the operator's ServiceAccount, as files that are renewed.

A token cannot be made for less than ten minutes, so in a test none expires: one ends with the Secret that it is bound
to. An API server takes a token that it has seen for valid for ten seconds more, but not after a restart.
"""

from pathlib import Path

from campaign_sandbox.control_plane import ControlPlane

ACCOUNT = "campaign-operator"
"""The account of `e2e_world.admit_operator`, and its namespace."""

_TEN_MINUTES = "--duration=600s"


async def bound_token(control_plane: ControlPlane, secret: str) -> str:
    """A token for ten minutes that ends with a new Secret of that name."""
    await control_plane.kubectl("create", "secret", "generic", secret, "--namespace", ACCOUNT)
    bound = ("--bound-object-kind=Secret", f"--bound-object-name={secret}", _TEN_MINUTES)
    return (await control_plane.kubectl("create", "token", ACCOUNT, "--namespace", ACCOUNT, *bound)).stdout.strip()


async def end_tokens(control_plane: ControlPlane, secret: str) -> None:
    """End the tokens that are bound to a Secret: no request with them is answered any more, and every watch is cut."""
    await control_plane.kubectl("delete", "secret", secret, "--namespace", ACCOUNT)
    await control_plane.restart_api_server()


def write_token(folder: Path, token: str) -> None:
    """Write a token, or another in its place, at once, as the kubelet does it: no reader finds half a token."""
    new = folder / "token.new"
    new.write_text(token)
    new.rename(folder / "token")
