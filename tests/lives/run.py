"""`make faults`, second part: random lives."""

import argparse
import asyncio
import sys
import time

from faults.ground import prepared_ground
from faults.lane import Access
from lives.company import Verdict, open_company, play
from lives.generation import life_of

_PROGRESS_SECONDS = 10.0


def main() -> int:
    """Play, tell what goes on, and end with 1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lives", type=int, default=2000, metavar="N", help="so many lives")
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow")
    parser.add_argument("--life", type=int, action="append", default=[], metavar="SEED", help="this life alone")
    parser.add_argument("--mistake", help="with this mistake planted in the operator; see faults.mistakes")
    parser.add_argument("--players", type=int, default=2, help="lives that are played side by side")
    return asyncio.run(_run(parser.parse_args()))


async def _run(options: argparse.Namespace) -> int:
    async with prepared_ground(_say) as access:
        return await asyncio.to_thread(_play_all, access, options)


def _play_all(access: Access, options: argparse.Namespace) -> int:
    seeds = options.life or range(options.seed, options.seed + options.lives)
    begun = told = time.monotonic()
    verdicts: list[Verdict] = []
    for seed in options.life:
        _say(str(life_of(seed)))
    with open_company(access, options.players, tells=bool(options.life), mistake=options.mistake) as pool:
        for verdict in play(pool, seeds):
            verdicts.append(verdict)
            if verdict.problems:
                _say(f"FOUND {verdict}")
            if time.monotonic() - told > _PROGRESS_SECONDS:
                told = time.monotonic()
                _say(f"random lives: {len(verdicts)} of {len(seeds)}")
    red = sum(bool(verdict.problems) for verdict in verdicts)
    longest = max(verdicts, key=lambda verdict: verdict.seconds)
    _say(
        f"random lives: {len(verdicts)} in {time.monotonic() - begun:.0f} s, {red} failed; the longest took "
        f"{longest.seconds:.1f} s: {longest.seed}"
    )
    return int(red > 0)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
