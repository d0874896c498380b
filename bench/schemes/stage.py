# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a stage of the bench is made of: steps, and tables of its results."""
import json
from dataclasses import asdict, dataclass, field
from typing import Callable


class Lacking(Exception):
    """What a step needs and cannot have here; the page gives the reason."""


@dataclass
class Step:
    """A part of the work whose value is kept, so that the bench can go on later.

    key: strings, unique in the stage. weight: seconds on two idle cores, about.
    function: returns what JSON can hold. alone: it is timed; nothing runs beside.
    """
    key: tuple
    weight: float
    function: Callable
    alone: bool = False


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % confidence interval. In JSON an object of the three."""
    value: float
    low: float
    high: float


def dumps(value):
    return json.dumps(value, default=asdict)


def loads(text):
    """With the Intervals that dumps() was given."""
    return json.loads(text, object_hook=lambda found: Interval(**found)
                      if found.keys() == {"value", "low", "high"} else found)


@dataclass
class Table:
    """Rows of strings, numbers, Intervals or None. `better` by column: "low",
    "high" or "": which end of it is the good one."""
    name: str  # of the CSV file
    title: str
    columns: list
    rows: list
    about: str = ""
    better: dict = field(default_factory=dict)
