"""A bundle of authorities that is renewed is taken up by the next connection, without a restart."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.exchange import Answered, HTTPExchange, NeverSent, OutgoingRequest
from scripted_server import LOOPBACK, ScriptedServer, answer, scripted_server


async def trusts(egress: Egress, server: ScriptedServer) -> bool:
    exchange = HTTPExchange(egress, keep_alive=False)
    outcome = await exchange.send(OutgoingRequest("pool", "GET", server.url), deadline_seconds=5)
    await exchange.aclose()
    assert isinstance(outcome, Answered) or (isinstance(outcome, NeverSent) and "certificate" in outcome.message)
    return isinstance(outcome, Answered)


class ConfigMapVolume:
    """Files as the kubelet has them: `..data` leads to a folder, and another folder takes its place at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._versions = 0
        self.file = folder / "ca.crt"

    def put(self, content: bytes) -> None:
        self._versions += 1
        version = self._folder / f"..{self._versions}"
        version.mkdir()
        (version / "ca.crt").write_bytes(content)
        link = self._folder / "..data_tmp"
        link.symlink_to(version.name)
        link.rename(self._folder / "..data")
        if not self.file.is_symlink():
            self.file.symlink_to("..data/ca.crt")


async def test_an_authority_in_a_config_map_volume_is_replaced(tmp_path: Path) -> None:
    volume = ConfigMapVolume(tmp_path)
    async with scripted_server(answer(200)) as old, scripted_server(answer(200)) as new:
        volume.put(old.ca_file.read_bytes())
        egress = Egress(EgressPolicy(ca_file=volume.file, allow_cidrs=LOOPBACK))
        assert [await trusts(egress, each) for each in (old, new)] == [True, False]
        volume.put(old.ca_file.read_bytes() + new.ca_file.read_bytes())
        assert [await trusts(egress, each) for each in (old, new)] == [True, True]
        volume.put(new.ca_file.read_bytes())
        assert [await trusts(egress, each) for each in (old, new)] == [False, True]
        egress.close()


async def test_the_systems_bundle_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, following = tmp_path / "certs.pem", tmp_path / "new.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    async with scripted_server(answer(200)) as old, scripted_server(answer(200)) as new:
        bundle.write_bytes(old.ca_file.read_bytes())
        egress = Egress(EgressPolicy(allow_cidrs=LOOPBACK))
        assert [await trusts(egress, each) for each in (old, new)] == [True, False]
        following.write_bytes(new.ca_file.read_bytes())
        following.rename(bundle)
        assert [await trusts(egress, each) for each in (old, new)] == [False, True]
        egress.close()


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
async def test_what_was_trusted_stays_trusted_while_the_file_cannot_be_read(
    tmp_path: Path, content: bytes | None
) -> None:
    bundle = tmp_path / "ca.pem"
    async with scripted_server(answer(200)) as old, scripted_server(answer(200)) as new:
        bundle.write_bytes(old.ca_file.read_bytes())
        egress = Egress(EgressPolicy(ca_file=bundle, allow_cidrs=LOOPBACK))
        if content is None:
            bundle.unlink()
        else:
            bundle.write_bytes(content)
        with capture_logs() as logs:
            assert [await trusts(egress, each) for each in (old, old)] == [True, True]
        assert [entry["log_level"] for entry in logs] == ["warning"]
        bundle.write_bytes(new.ca_file.read_bytes())
        assert [await trusts(egress, each) for each in (old, new)] == [False, True]
        egress.close()
