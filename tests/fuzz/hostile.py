"""What is wrong with the hostile files of the corpus, and what is only unusual about some good ones: functions that take
a state and give status, name and bytes of files made of it."""
import copy
import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))
import state_format  # noqa: E402

HUGE = 2**62


class Parts:
    """A file taken apart: change what there is, then take the bytes."""

    def __init__(self, state):
        self.header, self.metadata, self.data = state_format.layout(copy.deepcopy(state))
        self.metadata = json.loads(json.dumps(state_format.odd(self.metadata)))

    def strings(self):
        return state_format.seal(self.metadata)

    def bytes(self):
        return state_format.pack({"__metadata__": self.strings()} | self.header, self.data)

    def text(self, old, new, times=1):
        """The bytes with another text in the header."""
        header = json.dumps({"__metadata__": self.strings()} | self.header, separators=(",", ":"))
        assert old in header, (old, header)
        return state_format.pack(header.replace(old, new, times).encode("utf-8", "surrogateescape"), self.data)

    def strings_bytes(self, strings):
        """The bytes with these strings as metadata, sealed."""
        strings.pop("checksum", None)
        strings["checksum"] = json.dumps(state_format.metadata_checksum(strings))
        return state_format.pack({"__metadata__": strings} | self.header, self.data)


def edits_of_parts(state):
    """Changes of one part of the header: name, key, value."""
    name = "a/exp_avg"
    offsets = state_format.layout(state)[0][name]["data_offsets"]
    begin, end = offsets
    yield "wrong-dtype", name, "dtype", "F64"
    yield "dtype-of-others", name, "dtype", "BF16"
    yield "dtype-no-text", name, "dtype", 32
    yield "offsets-reversed", name, "data_offsets", [end, begin]
    yield "offsets-overlap", name, "data_offsets", [begin - 8, end - 8]
    yield "offsets-hole", name, "data_offsets", [begin + 8, end + 8]
    yield "offsets-huge", name, "data_offsets", [HUGE, HUGE + end - begin]
    yield "offsets-negative", name, "data_offsets", [-8, end - begin - 8]
    yield "offsets-fraction", name, "data_offsets", [float(begin), float(end)]
    yield "offsets-three", name, "data_offsets", [begin, end, end]
    yield "offsets-one", name, "data_offsets", [begin]
    yield "offsets-more-than-a-number-holds", name, "data_offsets", [2**64 + begin, 2**64 + end]
    yield "shape-huge", name, "shape", [HUGE, HUGE]
    yield "shape-overflows-to-fit", name, "shape", [2**62 + 6, 1]
    yield "shape-wraps-to-fit", name, "shape", [2**32, 2**32, 6]
    yield "shape-negative", name, "shape", [-2, -3]
    yield "shape-fraction", name, "shape", [2.0, 3.0]
    yield "shape-no-list", name, "shape", 6
    yield "shape-nested", name, "shape", [[2], 3]
    yield "shape-other-same-size", name, "shape", [3, 2]
    yield "shape-of-a-thousand-ones", name, "shape", [2, 3] + [1] * 1000


def whole_edits():
    yield "format-two", "format", 2
    yield "format-zero", "format", 0
    yield "format-text", "format", "1"
    yield "steps-negative", "steps", -1
    yield "steps-too-many", "steps", 2**62 + 1
    yield "steps-fraction", "steps", 1.5
    yield "steps-missing", "steps", None
    yield "epochs-no-number", "epochs", []
    yield "norm-no-number", "norm", "many"
    yield "algorithm-no-text", "algorithm", 7


def nested(depth):
    return "[" * depth + "]" * depth


def hostile_parts(state):
    """Status, name and bytes of what is wrong with parts and offsets, or with the header's text."""
    good = Parts(state).bytes()
    yield "io", "empty", b""
    yield "io", "seven-bytes", good[:7]
    yield "io", "length-only", good[:8]
    yield "io", "half-a-header", good[:len(good) // 4]
    yield "io", "no-data", good[:8 + struct.unpack_from("<Q", good)[0]]
    yield "io", "last-byte-missing", good[:-1]
    yield "format", "length-0", struct.pack("<Q", 0) + good[8:]
    yield "format", "length-1", struct.pack("<Q", 1) + good[8:]
    yield "format", "length-all-ones", b"\xff" * 8 + good[8:]
    yield "format", "length-100-mb-and-1", struct.pack("<Q", 100_000_001) + good[8:]
    yield "io", "length-100-mb", struct.pack("<Q", 100_000_000) + good[8:]
    yield "format", "no-json", b"\x10" + bytes(7) + b"#!/bin/sh\nexit 1" + good[8:]
    yield "format", "a-list", state_format.pack(b"[]", b"")
    yield "format", "an-empty-object", state_format.pack(b"{}", b"")
    yield "format", "no-metadata", state_format.pack(Parts(state).header, Parts(state).data)
    yield "format", "somebody-elses", state_format.pack({"__metadata__": {"format": "pt"}} | Parts(state).header,
                                                       Parts(state).data)
    yield "format", "metadata-no-object", state_format.pack({"__metadata__": []}, b"")
    for name, part, key, value in edits_of_parts(state):
        parts = Parts(state)
        parts.header[part][key] = value
        yield "format", name, parts.bytes()
    for name, at in (("hole-at-the-beginning", 0), ("hole-in-the-middle", 32)):
        parts = Parts(state)
        parts.data = parts.data[:at] + bytes(8) + parts.data[at:]
        for part in parts.header.values():
            part["data_offsets"] = [offset + 8 * (part["data_offsets"][0] >= at) for offset in part["data_offsets"]]
        yield "format", name, parts.bytes()
    for key in ("dtype", "shape", "data_offsets"):
        parts = Parts(state)
        del parts.header["a/exp_avg"][key]
        yield "format", f"no-{key}", parts.bytes()
    parts = Parts(state)
    parts.header["a/exp_avg"] = "F32"
    yield "format", "part-no-object", parts.bytes()
    parts = Parts(state)
    parts.header["a/other"] = parts.header.pop("a/exp_avg")
    yield "format", "part-of-no-slot", parts.bytes()
    parts = Parts(state)
    parts.header["empty/other"] = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    yield "format", "part-of-no-bytes-unclaimed", parts.bytes()
    parts = Parts(state)
    part = parts.header["a/exp_avg"]
    parts.header["none"] = {"dtype": part["dtype"], "shape": [0], "data_offsets": [part["data_offsets"][0]] * 2}
    yield "format", "part-without-slash", parts.bytes()
    for name, old, new in (
            ("part-twice", '"a/exp_avg":{', '"a/exp_avg":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a/exp_avg":{'),
            ("part-member-twice", '"dtype":"F32"', '"dtype":"F32","dtype":"F32"'),
            ("metadata-twice", '{"__metadata__":{', '{"__metadata__":{"x":"y"},"__metadata__":{'),
            ("empty-metadata-first", '{"__metadata__":{', '{"__metadata__":{},"__metadata__":{'),
            ("text-twice", '"__metadata__":{', '"__metadata__":{"stage 0":"",'),
            ("text-no-string", '"__metadata__":{', '"__metadata__":{"x":[0,0],'),
            ("text-a-number", '"__metadata__":{', '"__metadata__":{"x":1,'),
            ("text-nested", '"__metadata__":{', f'"__metadata__":{{"x":{nested(5000)},'),
            ("part-nested", '"a/exp_avg":{', f'"x/y":{nested(5000)},"a/exp_avg":{{'),
            ("part-bracket-of-another-kind", '"shape":[2,3]', '"shape":[2,3}'),
            ("comma-missing", '},"a/exp_avg":', '}"a/exp_avg":'),
            ("brace-for-comma", '},"a/exp_avg_sq":', '}{"a/exp_avg_sq":'),
            ("comma-twice", '},"a/exp_avg":', '},,"a/exp_avg":'),
            ("comma-first", '{"__metadata__"', '{,"__metadata__"'),
            ("colon-missing", '"a/exp_avg":', '"a/exp_avg" '),
            ("quote-missing", '"a/exp_avg":', '"a/exp_avg:'),
            ("name-no-string", '"a/exp_avg":', '7:'),
            ("name-with-nul", '"a/exp_avg"', '"a\\u0000/exp_avg"'),
            ("name-with-raw-nul", '"a/exp_avg"', '"a\0/exp_avg"'),
            ("name-with-newline", '"a/exp_avg"', '"a\n/exp_avg"'),
            ("name-no-utf-8", '"a/exp_avg"', '"a\udcff/exp_avg"'),
            ("name-cut-utf-8", '"a/exp_avg"', '"\udce2\udc82/exp_avg"'),
            ("name-overlong-utf-8", '"a/exp_avg"', '"\udcc0\udcaf/exp_avg"'),
            ("name-half-a-surrogate", '"a/exp_avg"', '"\\ud800/exp_avg"'),
            ("value-missing", '"dtype":"F32"', '"dtype":'),
            ("number-of-1000-digits", '"shape":[2,3]', f'"shape":[2,{"3" * 1000}]'),
            ("comment", '"__metadata__"', '/* */"__metadata__"')):
        yield "format", name, Parts(state).text(old, new)
    header = json.dumps({"__metadata__": Parts(state).strings()} | Parts(state).header).encode()
    yield "format", "something-behind-the-header", state_format.pack(header + b"{}", Parts(state).data)
    yield "format", "nul-behind-the-header", state_format.pack(header + b"\0", Parts(state).data)
    yield "format", "header-not-closed", state_format.pack(header[:-1], Parts(state).data)
    yield "format", "header-ends-in-a-string", state_format.pack(b'{"', b"")
    yield "format", "header-ends-in-an-escape", state_format.pack(b'{"a\\', b"")


def hostile_texts(state):
    """The same of what is wrong with the metadata."""
    for name, key, value in whole_edits():
        parts = Parts(state)
        if value is None:
            del parts.metadata["liboptim"][key]
        else:
            parts.metadata["liboptim"][key] = value
        yield "format", name, parts.bytes()
    for name, strings in (("whole-no-json", {"liboptim": "x"}), ("whole-a-list", {"liboptim": "[]"}),
                          ("whole-nested", {"liboptim": nested(5000)}), ("tensor-no-json", {"tensor a": "{"}),
                          ("tensor-nested", {"tensor a": nested(5000)}), ("rule-no-json", {"rule 00000000": "{"}),
                          ("stage-no-json", {"stage 0": ""}), ("stage-nul", {"stage 0": '{"\\u0000":1}'})):
        parts = Parts(state)
        yield "format", name, parts.strings_bytes(parts.strings() | strings)
    for key in ("liboptim", "stage 0", "stage 1"):
        parts = Parts(state)
        del parts.metadata[key]
        yield "format", f"no-{key.replace(' ', '-')}", parts.bytes()
    parts = Parts(state)
    parts.metadata["liboptim"]["algorithm"] = "lion"
    yield "mismatch", "another-algorithm", parts.bytes()
    parts = Parts(state)
    parts.metadata["tensor a"]["shape"] = [3, 2]
    for slot in ("exp_avg", "exp_avg_sq"):
        parts.header[f"a/{slot}"]["shape"] = [3, 2]
    yield "mismatch", "another-shape", parts.bytes()
    parts = Parts(state)
    parts.metadata["tensor a"]["slots"]["sum"] = parts.metadata["tensor a"]["slots"].pop("exp_avg")
    parts.header["a/sum"] = parts.header.pop("a/exp_avg")
    yield "mismatch", "slot-of-another-algorithm", parts.bytes()
    parts = Parts(state)
    for number in ("steps", "carried"):
        parts.metadata["tensor a"][number].append(0)
    yield "mismatch", "a-stage-more", parts.bytes()
    parts = Parts(state)
    parts.metadata["stage 0"]["values"]["speed"] = 1
    yield "mismatch", "unknown-hyperparameter", parts.bytes()
    for name, value in (("lr-negative", -1), ("lr-nan", "nan"), ("lr-infinite", "inf"), ("lr-text", "fast"), ("lr-list", [])):
        parts = Parts(state)
        parts.metadata["stage 0"]["values"]["lr"] = value
        yield "format", name, parts.bytes()
    for name, member, value in (
            ("slots-no-object", "slots", []), ("slot-unknown", "slots", {"other": "0" * 16}),
            ("slot-checksum-short", "slots", {"exp_avg": "0"}), ("slot-checksum-upper", "slots", {"exp_avg": "A" * 16}),
            ("slot-with-slash", "slots", {"/exp_avg": "0" * 16}), ("steps-of-a-tensor-text", "steps", ["1", "2"]),
            ("steps-of-no-stage", "steps", []), ("steps-of-many-stages", "steps", [1] * 1000),
            ("steps-of-a-tensor-negative", "steps", [-1, 0]), ("carried-text", "carried", ["x", 0]),
            ("tensor-dtype-unknown", "dtype", "I8"), ("tensor-dtype-other", "dtype", "F64"),
            ("tensor-shape-huge", "shape", [HUGE, HUGE])):
        parts = Parts(state)
        parts.metadata["tensor a"][member] = value
        yield "format", name, parts.bytes()
    parts = Parts(state)
    slots = parts.metadata["tensor a"]["slots"]
    slots["/exp_avg"], parts.header["a//exp_avg"] = slots.pop("exp_avg"), parts.header.pop("a/exp_avg")
    yield "format", "slot-with-slash-and-part", parts.bytes()
    parts = Parts(state)
    parts.metadata["tensor a"]["slots"]["exp_avg"] = "0" * 16
    yield "format", "slot-checksum-wrong", parts.bytes()
    parts = Parts(state)
    yield "format", "checksum-wrong", parts.text("skipped", "skippee")
    strings = parts.strings()
    for name, text in (("none", None), ("bare", json.loads(strings["checksum"])), ("a-list", "[]"), ("empty", "")):
        changed = {key: value for key, value in strings.items() if key != "checksum"}
        yield "format", f"checksum-{name}", state_format.pack(
            {"__metadata__": changed if text is None else changed | {"checksum": text}} | parts.header, parts.data)


def rule(**members):
    return {"pattern": "*", "stage": 0, "hyperparameter": "lr"} | members


def hostile_rules(state):
    link = {"kind": "cosine", "values": {"steps": 5}}
    for name, status, added in (
            ("rule-without-value", "format", rule()), ("rule-with-both", "format", rule(value=1, schedule=None)),
            ("rule-of-no-stage", "format", rule(stage=99, value=1)), ("rule-stage-negative", "format", rule(stage=-1, value=1)),
            ("rule-stage-huge", "format", rule(stage=HUGE, value=1)), ("rule-pattern-no-text", "format", rule(pattern=1, value=1)),
            ("rule-unknown", "mismatch", rule(hyperparameter="speed", value=1)),
            ("rule-value-out-of-range", "format", rule(value=-1)), ("rule-value-text", "format", rule(value="fast")),
            ("rule-loss-scale-for-some", "format", rule(pattern="a", stage=1, hyperparameter="loss_scale", value=8)),
            ("rule-not-saved", "mismatch", rule(stage=1, hyperparameter="blas", value=1)),
            ("schedule-no-chain", "format", rule(schedule=7)), ("schedule-empty", "format", rule(schedule=[])),
            ("schedule-of-numbers", "format", rule(schedule=[1])), ("schedule-unknown", "format", rule(schedule=[{"kind": "x", "values": {}}])),
            ("schedule-without-kind", "format", rule(schedule=[{"values": {}}])),
            ("schedule-without-values", "format", rule(schedule=[{"kind": "cosine"}])),
            ("schedule-not-set", "format", rule(schedule=[{"kind": "cosine", "values": {}}])),
            ("schedule-value-unknown", "format", rule(schedule=[link | {"values": {"speed": 1}}])),
            ("schedule-value-out-of-range", "format", rule(schedule=[link | {"values": {"steps": -5}}])),
            ("schedule-value-text", "format", rule(schedule=[link | {"values": {"steps": "x"}}])),
            ("schedule-for-a-choice", "format", rule(hyperparameter="amsgrad", schedule=[link])),
            ("schedule-two-that-wrap-none", "format", rule(schedule=[link, link])),
            ("schedule-wrapper-alone", "format", rule(schedule=[{"kind": "warmup", "values": {"steps": 3}}])),
            ("schedule-points-no-pairs", "format", rule(schedule=[{"kind": "piecewise", "values": {}, "points": [1, 2]}])),
            ("schedule-points-backwards", "format",
             rule(schedule=[{"kind": "piecewise", "values": {}, "points": [[5, 1], [1, 1]]}])),
            ("schedule-points-nan", "format", rule(schedule=[{"kind": "piecewise", "values": {}, "points": [["nan", 1]]}])),
            ("schedule-memory-no-object", "format", rule(schedule=[{"kind": "plateau", "values": {}, "memory": 1}])),
            ("schedule-memory-negative", "format", rule(schedule=[
                {"kind": "plateau", "values": {}, "memory": {"best": 1, "bad": -1, "rest": 0, "cuts": 0}}])),
            ("schedule-memory-incomplete", "format", rule(schedule=[
                {"kind": "plateau", "values": {}, "memory": {"best": 1, "bad": 0, "rest": 0}}])),
            ("schedule-chain-of-1000", "format", rule(schedule=[{"kind": "warmup", "values": {"steps": 3}}] * 1000))):
        parts = Parts(state)
        parts.metadata["rule 00000000"] = added
        yield status, name, parts.bytes()
    many = {"best": "-inf", "bad": 2**62, "rest": 2**62, "cuts": 2**62}
    for name, metadata in (
            ("counts-at-their-limit", {"rule 00000000": rule(schedule=[{"kind": "plateau", "values": {}, "memory": many}])}),
            ("schedule-taken-off", {"rule 00000000": rule(pattern="a", schedule=None)}),
            ("pattern-without-end", {"rule 00000000": rule(pattern="[a-", value=1)}),
            ("pattern-of-stars", {"rule 00000000": rule(pattern="*a" * 2000 + "b", value=1)})):
        parts = Parts(state)
        parts.metadata |= metadata
        yield "good", name, parts.bytes()
    parts = Parts(state)
    for count in ("steps", "epochs", "skipped", "finite_steps"):
        parts.metadata["liboptim"][count] = 2**62
    for tensor in ("a", "b/weight", "s"):
        parts.metadata["tensor " + tensor]["steps"] = [2**62] * 2
        parts.metadata["tensor " + tensor]["carried"] = ["nan", 1e300]
    yield "good", "steps-at-their-limit", parts.bytes()


def more_good(state):
    """What a later version may add, and another writer may do otherwise."""
    parts = Parts(state)
    parts.metadata["liboptim"]["mood"] = "fine"
    parts.metadata["tensor a"]["colour"] = ["red"]
    parts.metadata["of a later version"] = {"x": 1}
    parts.header["a/exp_avg"]["note"] = {"nested": [1, 2]}
    yield "good", "members-of-a-later-version", parts.bytes()
    parts = Parts(state)
    header = json.dumps(dict(reversed(list(({"__metadata__": parts.strings()} | parts.header).items()))), indent=2)
    yield "good", "spaces-and-another-order", state_format.pack(header.encode(), parts.data)
    parts = Parts(state)
    yield "good", "something-behind-the-data", parts.bytes() + b"more"
    yield "good", "everything-escaped", Parts(state).text('"a/exp_avg"', '"\\u0061\\/exp_av\\u0067"')
    parts = Parts(state)
    parts.metadata["tensor a"]["steps"] = [1, 2]
    yield "good", "stages-of-different-steps", parts.bytes()
