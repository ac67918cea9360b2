"""Time to read a list of people, and to find the person with a pass code.

A server does both on the reactor, so other clients wait meanwhile. A wrong code has the form of a
code, and no person has it. Codes are written in small letters and without hyphens.
"""

import time
from collections.abc import Callable, Sequence
from random import Random

from benchmarks.measuring import spread
from tests.command_line import Parser, at_least
from twisted_auction.house.pass_codes import HashedCode, new_code, new_salt
from twisted_auction.house.people import COLUMNS, MAX_PADDLE, People
from twisted_auction.rules.tables import Table

LOOKUPS = 10_000
"""Number of codes in one measurement."""


def make_list(codes: Sequence[str], limit: int = 500) -> bytes:
    """Make a list of people, each with one of these codes, a name and a limit in dollars."""
    salt = new_salt()
    table = Table([*COLUMNS], [])
    for paddle, code in enumerate(codes, 1):
        cells = [str(paddle), f"Person {paddle}", "", "", str(limit), "", ""]
        table.rows.append([*cells, str(HashedCode.of(code, salt))])
    return table.render()


def seconds(action: Callable[[], object]) -> float:
    """The CPU time of an action."""
    start = time.process_time()
    action()
    return time.process_time() - start


def microseconds_each(people: People, codes: Sequence[str], is_known: bool) -> float:
    """Look up codes, and check the answers.

    :return: the mean time of one, in microseconds.
    """
    found: list[object] = []
    took = seconds(lambda: found.extend(map(people.find, codes)))
    assert all((person is not None) is is_known for person in found)
    return took / len(codes) * 1e6


def main(arguments: Sequence[str]) -> None:
    """Print the times: the median of all rounds, with the lowest and the highest."""
    parser = Parser(prog="python -m benchmarks codes", description=__doc__)
    parser.add_argument(
        "--people", type=at_least(1), default=MAX_PADDLE, metavar="N", help="in the list"
    )
    parser.add_argument("--rounds", type=at_least(1), default=9, help="measurements")
    options = parser.parse_args(arguments)
    if options.people > MAX_PADDLE:
        parser.error(f"paddles end at {MAX_PADDLE}")
    codes = [new_code() for _ in range(options.people)]
    data = make_list(codes)
    typed = [code.lower().replace("-", "") for code in Random(1).choices(codes, k=LOOKUPS)]
    wrong = [new_code().lower().replace("-", "") for _ in range(LOOKUPS)]
    reading, right, unknown = [], [], []
    for _ in range(options.rounds):
        reading.append(1000 * seconds(lambda: People.parse(data)))
        people = People.parse(data)
        right.append(microseconds_each(people, typed, True))
        unknown.append(microseconds_each(people, wrong, False))
    print(f"{options.people:,} people, {options.rounds} rounds")
    print(f"reading the list: {spread(reading, '{:.0f}')} ms")
    print(f"a right code:     {spread(right, '{:.1f}')} us")
    print(f"a wrong code:     {spread(unknown, '{:.1f}')} us")
