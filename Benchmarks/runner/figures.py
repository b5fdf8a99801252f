"""Figures of several rounds, and the bars they are held against."""

import operator
import statistics
from dataclasses import dataclass, field

OPERATORS = {"≥": operator.ge, "≤": operator.le}


@dataclass
class Check:
    """One bar: a figure of each round, whose median is held against a limit."""

    what: str
    values: list
    sign: str
    limit: float
    unit: str = "×"

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def is_met(self):
        return OPERATORS[self.sign](self.median, self.limit)

    @property
    def bar(self):
        return f"{self.sign} {spell(self.limit)}{self.suffix}"

    @property
    def shown(self):
        return f"{spell(self.median)}{self.suffix}"

    @property
    def spread(self):
        return f"{spell(min(self.values))} to {spell(max(self.values))}"

    @property
    def suffix(self):
        return " ×" if self.unit == "×" else f" {self.unit}"


@dataclass
class Result:
    """What the rounds of one bar gave."""

    figures: dict = field(default_factory=dict)
    """For each thing that was measured, one number for each round."""
    checks: list = field(default_factory=list)
    commands: dict = field(default_factory=dict)
    error: str = ""

    def note(self, name, value):
        self.figures.setdefault(name, []).append(value)
        return value

    def ratio(self, what, numerator, denominator, sign, limit):
        """A bar on the ratio of two things, taken in each round by itself."""
        pairs = zip(self.figures[numerator], self.figures[denominator])
        self.checks.append(Check(what, [a / b if b else float("inf") for a, b in pairs], sign, limit))

    def value(self, what, name, sign, limit, unit):
        """A bar on the thing itself."""
        self.checks.append(Check(what, self.figures[name], sign, limit, unit))

    @property
    def verdict(self):
        if self.error:
            return "failed"
        return "met" if all(check.is_met for check in self.checks) else "not met"


def spell(value):
    """A number with as many digits as say something."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}".rstrip("0").rstrip(".") if value == round(value, 2) else f"{value:.2f}"


def median(values):
    return statistics.median(values)
