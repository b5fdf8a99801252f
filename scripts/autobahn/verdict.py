"""Says which cases of a report of the suite failed; the exit status is 1 if any did."""

import json
import sys

GOOD = {"OK", "INFORMATIONAL"}

with open(sys.argv[1], encoding="utf-8") as file:
    agents = json.load(file)
failed = [
    f"{agent}: case {case} is {result['behavior']}, its end {result['behaviorClose']}"
    for agent, cases in agents.items()
    for case, result in cases.items()
    if result["behavior"] not in GOOD or result["behaviorClose"] not in GOOD
]
count = sum(len(cases) for cases in agents.values())
print("\n".join(failed + [f"{count - len(failed)} of {count} cases passed"]))
sys.exit(1 if failed or count == 0 else 0)
