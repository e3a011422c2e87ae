"""What is counted and told of a campaign while the API server does not do as it should."""

from dataclasses import dataclass

from builders import NOW, spec
from lone_campaign import REF, Life, LoneStore, WillingDialer, wire
from prometheus_client import REGISTRY

from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.engine.ports import StoreRefusedError, StoreUnavailableError
from manual_clock import ManualClock


@dataclass
class AilingStore(LoneStore):
    """A store that fails as often as it is told to."""

    failures: int = 0
    error: type[Exception] = StoreUnavailableError

    async def read(self, ref: CampaignRef) -> Campaign | None:
        if self.failures:
            self.failures -= 1
            raise self.error("503 Service Unavailable")
        return await super().read(ref)


class AilingLife(Life):
    """With such a store, and what it tells."""

    store: AilingStore

    def told(self, name: str) -> list[tuple[str, ...]]:
        """The values of the labels of a metric by campaign, after namespace and name, where it is not 0."""
        samples = [s for piece in self.campaign_metrics.pieces() for s in piece.samples if s.value]
        return [tuple(s.labels.values())[2:] for s in samples if s.name == f"campaign_operator_{name}"]


def life(failures: int, error: type[Exception] = StoreUnavailableError) -> AilingLife:
    store = AilingStore(wire(spec(), {}, finalizer=False), failures=failures, error=error)
    return AilingLife(store, WillingDialer(), ManualClock(NOW))


def counted(name: str) -> float:
    return REGISTRY.get_sample_value(f"campaign_operator_{name}_total") or 0.0


async def test_a_pass_without_an_answer_is_counted_as_failed_and_as_no_bug() -> None:
    ailing, failed, bugs = life(2), counted("failed_passes"), counted("unexpected_errors")
    for _ in range(3):
        await ailing.look()
    assert counted("failed_passes") - failed == 2
    assert counted("unexpected_errors") == bugs


async def test_a_bug_is_counted_as_both() -> None:
    failed, bugs = counted("failed_passes"), counted("unexpected_errors")
    await life(1, ZeroDivisionError).look()
    assert (counted("failed_passes") - failed, counted("unexpected_errors") - bugs) == (1, 1)


async def test_figures_stay_while_the_api_server_does_not_answer() -> None:
    ailing = life(0)
    await ailing.look()
    ailing.store.failures = 1
    await ailing.look()
    assert ailing.told("campaign_state") == [("Scheduled",)]
    assert ailing.told("campaign_ready") == [()]


async def test_an_api_server_that_goes_on_refusing_makes_the_campaign_unready() -> None:
    ailing = life(0)
    await ailing.look()
    ailing.store.error, ailing.store.failures = StoreRefusedError, 2
    await ailing.look()
    assert ailing.told("campaign_ready") == [()]
    await ailing.look()
    assert ailing.told("campaign_ready") == []
    assert ailing.told("campaign_unready_reason") == [("APIServerRefuses",)]
    assert ailing.told("campaign_state") == [("Scheduled",)]
    await ailing.look()
    assert ailing.told("campaign_ready") == [()]


async def test_a_campaign_that_is_forgotten_while_it_is_looked_at_is_not_told_of() -> None:
    ailing = life(0)
    read = ailing.store.read

    async def gone_meanwhile(ref: CampaignRef) -> Campaign | None:
        found = await read(ref)
        ailing.operator.forget(REF)
        return found

    ailing.store.read = gone_meanwhile  # type: ignore[method-assign] # the moment at which an event arrives
    await ailing.look()
    assert ailing.told("campaign_info") == []
