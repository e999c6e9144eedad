#!/usr/bin/env python3
"""What Doxygen sees of a header, line by line: its comments in Doxygen's words.

usage: filter.py HEADER
"""
import os
import re
import sys

import header


def words(text, known):
    """Names as links, and nothing that Doxygen or Markdown would take for a command."""
    text = re.sub(r"[*@\\<>]", r"\\\g<0>", text)
    return re.sub(r"\b(?:optim|OPTIM)_\w+\b(?!\()", lambda m: "#" + m[0] if m[0] in known else m[0], text)


def comment_lines(comment, known, functions):
    """The lines of a comment without its edges. After a term, @details begins a paragraph that is not about it."""
    open_term = False
    for line in comment.lines:
        text = words(line.text, known)
        if line.kind == "term" and functions:
            yield f"@param {line.name.replace(', ', ',')} {text}"
        elif line.kind == "term":
            yield f"- `{line.name}`: {text}"
        elif line.kind == "point":
            yield f"- {text}"
        elif line.kind == "code":
            yield "    " + line.text
        elif line.kind == "text" and open_term:
            yield f"@details {text}"
        else:
            yield text
        open_term = functions and (line.kind == "term" or open_term and line.kind == "more")


def write_comment(lines, comment, content):
    """Put it where the comment was, as it was: on one line, or with edges."""
    if comment.begin == comment.end:
        lines[comment.begin] = f"/** {content[0]} */"
        return
    lines[comment.begin], lines[comment.end] = "/**", " */"
    for i, text in enumerate(content, comment.begin + 1):
        lines[i] = f" * {text}".rstrip()


def group(section):
    return re.sub(r"\W+", "_", section.title.lower().split(":")[0])


def write_group(lines, entry, known):
    """A heading for a group of macros; where its comment is one line, the empty one before it has room for the title."""
    title, text = re.fullmatch(r"(.*?)\. (.*)", " ".join(line.text for line in entry.comment.lines)).groups()
    top = entry.comment.begin - (entry.comment.begin == entry.comment.end)
    lines[entry.comment.begin:entry.comment.end + 1] = [""] * (entry.comment.end + 1 - entry.comment.begin)
    lines[top] += f"/** @name {title}"
    lines[top + 1] = f" * {words(text, known)} */ /** @{{ */"
    for each in entry.declarations:
        value, comment = each.macro()
        lines[each.begin] = f"#define {each.name} {value} /**< {words(comment, known)} */"
    lines[each.begin + 1] = "/** @} */"


def of_c(path):
    source = header.read(path)
    lines, known = [re.sub(r"#define OPTIM_API\b.*", "", line) for line in source.lines], source.names()
    for section in source.sections:
        for entry in section.entries:
            kind = entry.declarations[0].kind
            write_comment(lines, entry.comment, list(comment_lines(entry.comment, known, kind == "function")))
            if kind == "macro" and len(entry.declarations) > 1:
                write_group(lines, entry, known)
            elif kind != "macro":
                for each in entry.declarations[1:]:
                    lines[each.begin] = f"/** @copydoc {entry.declarations[0].name} */ {lines[each.begin]}"
        lines[section.begin] = f"/** @defgroup {group(section)} {section.title}"
        lines[section.begin + 1] = f" * @{{ */ {lines[section.begin + 1]}"
        last = section.entries[-1].declarations[-1]
        lines[last.begin + len(last.code) - 1] += " /** @} */"
    overview = [re.sub(header.RUN_IN, r"**\g<0>**", text) for text in comment_lines(source.overview, known, False)]
    write_comment(lines, source.overview, overview)
    lines[source.overview.begin] = f"/** @mainpage {lines[source.overview.begin + 1].lstrip('* ')}"
    lines[source.overview.begin + 1] = " * " + " | ".join(f"@ref {group(section)}" for section in source.sections)
    lines[source.overview.end] = " */ /** @file */"
    return lines


def of_cpp(path):
    """Comments as they are; a member without one, called like a function of optim.h, refers to it, as the header says."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    known = header.read(os.path.join(os.path.dirname(path), "optim.h")).names()
    overview = header.read_comment(lines, 0)
    write_comment(lines, overview, list(comment_lines(overview, known, False)))
    lines[overview.begin] = "/** @file"
    prefix = "optim_"
    for i in range(overview.end + 1, len(lines)):
        begun = re.match(r"    (?:class|struct) (\w+)", lines[i])
        if begun:
            prefix = "optim_schedule_" if begun[1] == "schedule" else "optim_"
        member = re.match(r" {8}(?!return\b|friend\b)\w[\w:<>,&* ]*?\b(\w+)\(", lines[i])
        if member and prefix + member[1] in known and not re.search(r"\*/$|^ *template", lines[i - 1]):
            lines[i] = f"/** As #{prefix}{member[1]}. */ {lines[i]}"
        lines[i] = re.sub(r"^(\s*)/\*(?! -{4})(?=\s|$)", r"\1/**", lines[i])
    return lines


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        print("\n".join((of_cpp if sys.argv[1].endswith(".hpp") else of_c)(sys.argv[1])))
    except header.HeaderError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
