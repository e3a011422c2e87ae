"""The sandbox's servers over https, with a certificate of the sandbox's own authority."""

import stat
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from campaign_sandbox.certificates import ServerCertificate, issue_server_certificate
from campaign_sandbox.fault_rules import Cut, Reset
from campaign_sandbox.listener import Listener, TlsFiles
from campaign_sandbox.simulator.dialer_faults import FaultRule, RequestMatch
from contract.dialer_client import logged_in, schedule_body
from serving import SteppedClock, running_simulator


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ServerCertificate:
    return issue_server_certificate(tmp_path_factory.mktemp("certificates"))


def test_certificate_files_are_for_their_owner_alone_and_replace_older_ones(tmp_path: Path) -> None:
    (tmp_path / "server-key.pem").write_text("of an earlier day")
    first = issue_server_certificate(tmp_path)
    before = first.tls.key.read_bytes()
    second = issue_server_certificate(tmp_path)

    assert first == second
    assert before.startswith(b"-----BEGIN")
    assert second.tls.key.read_bytes() != before
    files = (second.tls.certificate, second.tls.key, second.authority)
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600] * 3


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_a_client_that_trusts_the_authority_is_served(
    certificate: ServerCertificate, clock: SteppedClock, name: str
) -> None:
    async with running_simulator(
        now=clock, listener=Listener(tls=certificate.tls), authority=str(certificate.authority)
    ) as simulator:
        assert simulator.base_url.startswith("https://127.0.0.1:")
        async with simulator.client() as http:
            answer = await http.get(f"{simulator.base_url.replace('127.0.0.1', name)}/_ledger")

    assert answer.status_code == 200


async def test_a_client_that_trusts_the_systems_roots_only_is_not_served(
    certificate: ServerCertificate, clock: SteppedClock
) -> None:
    async with (
        running_simulator(
            now=clock, listener=Listener(tls=certificate.tls), authority=str(certificate.authority)
        ) as simulator,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await http.get(f"{simulator.base_url}/_ledger")


async def test_resets_and_cuts_reach_below_tls(certificate: ServerCertificate, clock: SteppedClock) -> None:
    submission = RequestMatch(call="submit")
    rules = (
        FaultRule(match=submission, effect=Reset(carry_out=True), times=1),
        FaultRule(match=submission, effect=Cut()),
    )
    async with (
        running_simulator(
            now=clock,
            fault_rules=rules,
            listener=Listener(tls=certificate.tls),
            authority=str(certificate.authority),
        ) as simulator,
        logged_in(simulator) as api,
    ):
        body = schedule_body("c1", clock() + timedelta(hours=1))
        with pytest.raises(httpx.ReadError):
            await api.submit("c1", body)
        with pytest.raises(httpx.RemoteProtocolError):
            await api.submit("c1", body)
        assert len((await simulator.ledger())["schedules"]) == 2


async def test_a_key_that_does_not_fit_is_an_os_error(
    certificate: ServerCertificate, tmp_path: Path, clock: SteppedClock
) -> None:
    other = issue_server_certificate(tmp_path)
    mixed = TlsFiles(certificate.tls.certificate, other.tls.key)

    with pytest.raises(OSError, match="KEY_VALUES_MISMATCH"):
        async with running_simulator(now=clock, listener=Listener(tls=mixed)):
            pass
