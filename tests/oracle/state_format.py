"""Saved state once more, in NumPy: reads and writes the files of optim_save as docs/state-format.md describes them.

usage: state_format.py FILE...

Checks each file against that page and prints what is in it; exit 1 if one is not as it should be. Checksums need the
Python package xxhash (Debian: python3-xxhash); without it they are not looked at, and a message says so.
"""
import dataclasses
import json
import struct
import sys

import numpy as np

try:
    import xxhash
except ImportError:
    xxhash = None

DTYPES = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
LONGEST_HEADER = 100_000_000
ODD_NUMBERS = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}


class BadState(Exception):
    """What is wrong with a file."""


@dataclasses.dataclass
class Tensor:
    dtype: str
    shape: list
    steps: list       # of each stage
    carried: list     # by each stage
    slots: dict       # name: array


@dataclasses.dataclass
class State:
    whole: dict       # the member "liboptim"
    stages: list      # of objects, stage 0 first
    rules: list       # of objects, in their order
    tensors: dict     # name: Tensor


def demand(condition, text):
    if not condition:
        raise BadState(text)


def number(value):
    """A double: a JSON number, or one of the strings for what JSON has no numbers for."""
    if isinstance(value, str) and value in ODD_NUMBERS:
        return ODD_NUMBERS[value]
    demand(isinstance(value, (int, float)) and not isinstance(value, bool), f"{value!r} is no number")
    return float(value)


def count(value):
    demand(isinstance(value, int) and not isinstance(value, bool) and value >= 0, f"{value!r} is no count")
    return value


def numbers(values):
    demand(isinstance(values, dict), f"{values!r} is no object of numbers")
    return {name: number(value) for name, value in values.items()}


def text(value):
    demand(isinstance(value, str) and "\0" not in value, f"{value!r} is no string without a byte 0")
    return value


def once(pairs):
    members = dict(pairs)
    demand(len(members) == len(pairs), f"a member is there twice: {[name for name, _ in pairs]}")
    return members


def no_number(constant):
    raise BadState(f"{constant} is no JSON")


def parse(source, what):
    try:
        return json.loads(source, object_pairs_hook=once, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise BadState(f"{what}: {error}") from None


def as_bytes(name):
    return name.encode("utf-8")


def checksum(data):
    return f"{xxhash.xxh3_64_intdigest(bytes(data)):016x}" if xxhash else None


def metadata_checksum(metadata):
    others = sorted((key for key in metadata if key != "checksum"), key=as_bytes)
    return checksum(b"".join(as_bytes(key) + b"\0" + as_bytes(metadata[key]) + b"\0" for key in others))


def check_sum(found, expected, what):
    demand(isinstance(found, str) and len(found) == 16 and set(found) <= set("0123456789abcdef"),
           f"checksum of {what}: {found!r} is no 16 hexadecimal digits")
    demand(expected is None or found == expected, f"checksum of {what}: the file says {found}, it is {expected}")


# ---- Reading --------------------------------------------------------------------------------------------------------

def split(content):
    """The header as an object, and the data."""
    demand(len(content) >= 8, f"{len(content)} bytes are too few")
    length, = struct.unpack_from("<Q", content)
    demand(length <= LONGEST_HEADER and 8 + length <= len(content), f"a header of {length} bytes")
    demand((8 + length) % 8 == 0, f"the data begins at {8 + length}, which is no multiple of 8")
    try:
        header = content[8:8 + length].decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadState(f"the header: {error}") from None
    demand(header.startswith("{"), "the header is no object")
    header = parse(header, "the header")
    demand(isinstance(header, dict), "the header is no object")
    return header, content[8 + length:]


def parts_of(header, data):
    """{name: (dtype, array)}; the parts must cover the data."""
    parts, spans = {}, []
    for name, part in header.items():
        if name == "__metadata__":
            continue
        demand(isinstance(part, dict) and part.get("dtype") in DTYPES, f"{name}: no dtype that liboptim has")
        shape = [count(n) for n in part.get("shape", [None])]
        begin, end = (count(offset) for offset in part.get("data_offsets", [None, None]))
        dtype = DTYPES[part["dtype"]]
        elements = int(np.prod(shape, dtype=object)) if shape else 1
        demand(begin <= end <= len(data) and end - begin == elements * dtype.itemsize,
               f"{name}: bytes {begin} to {end} of {len(data)} for the shape {shape} of {part['dtype']}")
        spans.append((begin, end))
        parts[text(name)] = part["dtype"], np.frombuffer(data, dtype, elements, begin).reshape(shape)
    at = 0
    for begin, end in sorted(spans):
        demand(begin == at, f"a part begins at {begin}, the one before it ends at {at}")
        at = end
    demand(at == len(data), f"the parts end at {at}, the data at {len(data)}")
    return parts


def metadata_of(header):
    metadata = header.get("__metadata__")
    demand(isinstance(metadata, dict), "there is no __metadata__")
    for key, value in metadata.items():
        text(key)
        text(value)
    demand("checksum" in metadata, "there is no checksum")
    decoded = {key: parse(value, key) for key, value in metadata.items()}
    check_sum(decoded.pop("checksum"), metadata_checksum(metadata), "the metadata")
    for key, value in decoded.items():
        demand(isinstance(value, dict), f"{key} is no object")
    return decoded


def in_sequence(metadata, name):
    """The members "name 0", "name 1", ... in the order of their numbers."""
    found = sorted((int(key[len(name):]), value) for key, value in metadata.items() if key.startswith(name))
    demand([i for i, _ in found] == list(range(len(found))), f"{name.strip()}s are not numbered from 0")
    return [value for _, value in found]


def whole_of(metadata):
    whole = metadata.get("liboptim")
    demand(whole is not None, "there is no member liboptim")
    demand(whole.get("format") == 1, f"format {whole.get('format')!r}: only 1 is known here")
    text(whole.get("algorithm"))
    for name in ("steps", "epochs", "skipped", "finite_steps"):
        count(whole.get(name))
    norm = whole.get("norm")
    return whole | {"norm": None if norm is None else number(norm)}


def stage_of(stage):
    demand(isinstance(stage.get("chosen"), list), "chosen is no list")
    return {"of": text(stage.get("of")), "values": numbers(stage.get("values")), "chosen": set(stage["chosen"])}


def link_of(link):
    decoded = {"kind": text(link.get("kind")), "values": numbers(link.get("values"))}
    if "points" in link:
        decoded["points"] = [(number(at), number(factor)) for at, factor in link["points"]]
    if "memory" in link:
        memory = link["memory"]
        decoded["memory"] = {"best": number(memory.get("best"))} | {
            name: count(memory.get(name)) for name in ("bad", "rest", "cuts")}
    return decoded


def rule_of(rule, stages):
    demand(("value" in rule) != ("schedule" in rule), f"a rule has either a value or a schedule: {rule}")
    demand(count(rule.get("stage")) < stages, f"a rule for stage {rule['stage']}, of which there are {stages}")
    decoded = {"pattern": text(rule.get("pattern")), "stage": rule["stage"],
               "hyperparameter": text(rule.get("hyperparameter"))}
    if "value" in rule:
        return decoded | {"value": number(rule["value"])}
    links = rule["schedule"]
    return decoded | {"schedule": links if links is None else [link_of(link) for link in links]}


def tensor_of(name, described, parts, stages):
    dtype, shape = described.get("dtype"), described.get("shape")
    demand(dtype in DTYPES and isinstance(shape, list), f"{name}: no dtype and shape")
    steps, carried = [count(n) for n in described.get("steps")], [number(n) for n in described.get("carried")]
    demand(len(steps) == len(carried) == stages, f"{name}: {len(steps)} steps and {len(carried)} carried numbers")
    slots = {}
    for slot, found in described.get("slots").items():
        demand("/" not in slot, f"{name}: a slash in slot {slot}")
        part = parts.pop(f"{name}/{slot}", None)
        demand(part is not None, f"{name}: slot {slot} has no part")
        demand(part[0] == dtype and list(part[1].shape) == shape, f"{name}/{slot}: another dtype or shape")
        check_sum(found, checksum(part[1].tobytes()), f"{name}/{slot}")
        slots[slot] = part[1]
    return Tensor(dtype, shape, steps, carried, slots)


def read_bytes(content):
    """The State that these bytes are; BadState if they are none."""
    header, data = split(content)
    parts, metadata = parts_of(header, data), metadata_of(header)
    whole = whole_of(metadata)
    stages = [stage_of(stage) for stage in in_sequence(metadata, "stage ")]
    demand(len(stages) >= 2 and stages[1]["of"] == "common", "stage 1 is not what all optimizers have in common")
    rules = [rule_of(rule, len(stages)) for rule in in_sequence(metadata, "rule ")]
    prefix = "tensor "
    tensors = {key[len(prefix):]: tensor_of(key[len(prefix):], described, parts, len(stages))
               for key, described in metadata.items() if key.startswith(prefix)}
    demand(not parts, f"parts that no tensor names: {sorted(parts)}")
    return State(whole, stages, rules, tensors)


def read(path):
    with open(path, "rb") as file:
        return read_bytes(file.read())


# ---- Writing --------------------------------------------------------------------------------------------------------

def odd(value):
    """What JSON has no number for, as the string that stands for it, in lists and objects too."""
    if isinstance(value, dict):
        return {name: odd(member) for name, member in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [odd(member) for member in (sorted(value) if isinstance(value, set) else value)]
    if isinstance(value, float) and value - value != 0:
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    return value


def pack(header, data):
    """The bytes of a file with this header, an object or text, and these data."""
    encoded = header if isinstance(header, bytes) else json.dumps(header, ensure_ascii=False).encode("utf-8")
    encoded += b" " * (-len(encoded) % 8)
    return struct.pack("<Q", len(encoded)) + encoded + data


def seal(metadata):
    """The strings of __metadata__ with their checksum."""
    strings = {key: json.dumps(odd(value), ensure_ascii=False) for key, value in metadata.items()}
    return strings | {"checksum": json.dumps(metadata_checksum(strings))}


def layout(state):
    """The header without metadata, the metadata as objects, and the data, of a State."""
    parts = [(f"{name}/{slot}", tensor.dtype, array)
             for name, tensor in state.tensors.items() for slot, array in tensor.slots.items()]
    parts.sort(key=lambda part: (part[1] == "F32", as_bytes(part[0])))
    header, data = {}, b""
    for name, dtype, array in parts:
        raw = array.astype(DTYPES[dtype]).tobytes()
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    metadata = {"liboptim": state.whole}
    metadata |= {f"stage {i}": stage for i, stage in enumerate(state.stages)}
    metadata |= {f"rule {i:08}": rule for i, rule in enumerate(state.rules)}
    metadata |= {f"tensor {name}": {
        "dtype": tensor.dtype, "shape": tensor.shape, "steps": tensor.steps, "carried": tensor.carried,
        "slots": {slot: checksum(array.tobytes()) for slot, array in tensor.slots.items()},
    } for name, tensor in state.tensors.items()}
    return header, metadata, data


def write_bytes(state):
    """A file of that State, as another writer than the library would make it."""
    demand(xxhash is not None, "writing needs the package xxhash")
    header, metadata, data = layout(state)
    return pack({"__metadata__": seal(metadata)} | header, data)


# ---- Printing -------------------------------------------------------------------------------------------------------

def describe(state):
    whole = state.whole
    yield f"{whole['algorithm']}: {whole['steps']} steps, {whole['epochs']} epochs, {whole['skipped']} skipped"
    for i, stage in enumerate(state.stages):
        values = ", ".join(f"{name} {value:g}" for name, value in sorted(stage["values"].items()))
        yield f"  stage {i}, {stage['of']}: {values}"
    for rule in state.rules:
        what = f"{rule['value']:g}" if "value" in rule else "no schedule" if rule["schedule"] is None else \
            " around ".join(link["kind"] for link in rule["schedule"])
        yield f"  {rule['pattern']}: {rule['hyperparameter']} of stage {rule['stage']}: {what}"
    for name, tensor in sorted(state.tensors.items()):
        yield f"  {name}: {tensor.dtype} {tensor.shape}, steps {tensor.steps}, {', '.join(sorted(tensor.slots)) or 'new'}"


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip())
        sys.exit(0 if sys.argv[1:] == ["--help"] else 2)
    if xxhash is None:
        print("checksums are not looked at: the package xxhash is missing (Debian: python3-xxhash)")
    failed = False
    for path in sys.argv[1:]:
        try:
            print(f"{path}: " + "\n".join(describe(read(path))))
        except (BadState, OSError) as error:
            print(f"{path}: {error}")
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
