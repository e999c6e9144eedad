"""Writes tests/golden/<family>.txt from the oracle, or compares what is there. The format is in README.md."""
import argparse
from pathlib import Path
import sys

import cases
import inputs

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
HEAD = "# Written by tests/oracle/generate.py: do not edit. The format is described in tests/oracle/README.md.\n"


def words(array):
    return " ".join(repr(float(x)) for x in array.ravel())


def text_of(case):
    lines = [f"case {case.name}", f"algorithm {case.algorithm}"]
    lines += [f"wrap {name}" for name in case.wrap]
    lines += ["shape " + " ".join(map(str, case.shape))]
    lines += [f"set {name} {value!r}" for name, value in case.sets.items()]
    lines += [f"at {t} set {name} {value!r}" for t, name, value in case.at]
    for t, theta, averaged in inputs.run(case):
        if t in case.steps:
            lines.append(f"step {t} {words(theta)}")
        if t in case.swapped:
            lines.append(f"swapped {t} {words(averaged)}")
        if not abs(theta).max() < 1e6:
            sys.exit(f"{case.name}: not finite, or too large, at step {t}")
    return "\n".join(lines + ["end\n"])


def same_word(a, b):
    """Equal, or numbers that differ by the rounding of another C library's pow."""
    if a == b:
        return True
    try:
        a, b = float(a), float(b)
    except ValueError:
        return False
    return abs(a - b) <= 1e-13 * max(abs(a), abs(b)) + 1e-15


def difference(old, new):
    """The number of the first line that differs, or None."""
    old, new = old.splitlines(), new.splitlines()
    for number, (a, b) in enumerate(zip(old, new), 1):
        a, b = a.split(), b.split()
        if len(a) != len(b) or not all(map(same_word, a, b)):
            return number
    return None if len(old) == len(new) else min(len(old), len(new)) + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true",
                        help="write nothing; exit 1 if a file on disk is not what would be written")
    parser.add_argument("--list", action="store_true", help="only list the families and their numbers of cases")
    parser.add_argument("family", nargs="*", help="only these families (default: all)")
    options = parser.parse_args()
    unknown = set(options.family) - set(cases.FAMILIES)
    if unknown:
        parser.error("no such family: " + ", ".join(sorted(unknown)))

    failed = 0
    for family in options.family or cases.FAMILIES:
        path = GOLDEN / f"{family}.txt"
        if options.list:
            print(f"{family} {len(cases.FAMILIES[family])}")
            continue
        text = HEAD + "".join(text_of(case) for case in cases.FAMILIES[family])
        if not options.check:
            GOLDEN.mkdir(exist_ok=True)
            path.write_text(text)
            print(f"{family}: {len(cases.FAMILIES[family])} cases")
        elif not path.exists():
            print(f"{path.name}: missing")
            failed += 1
        elif (line := difference(path.read_text(), text)) is not None:
            print(f"{path.name}:{line}: differs")
            failed += 1
        else:
            print(f"{path.name}: ok")
    if not options.family and not options.list and options.check:
        for path in sorted(GOLDEN.glob("*.txt")):
            if path.stem not in cases.FAMILIES:
                print(f"{path.name}: no family of this name")
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
