"""Files that inherit from one another: what a name means, and the documents from the oldest ancestor on.

A parent is named, never given by a path: it lies beside the file or in the library, and nowhere else.
"""

from __future__ import annotations

from pathlib import Path

from citybelt.errors import Problem
from citybelt.scenario.document import Document, nearest, refusal, shown

#: Files of a library that are tables, and inherit nothing.
TABLES = ("levers", "library")
#: What their names end in.
ENDINGS = (".yaml", ".yml")


def names(folder: Path) -> list[str]:
    """What a folder of a library holds, by name."""
    return sorted(p.stem for p in folder.glob("*.yaml") if p.stem not in TABLES)


def find(name: str, folder: Path, beside: Path) -> Path | None:
    """The file that a name or path means: in ``beside``, or in the library ``folder``; None where there is none."""
    for path in (beside / name, folder / f"{name}.yaml"):
        try:
            if path.suffix in ENDINGS and path.stem.lower() not in TABLES and path.is_file():
                return path
        except (OSError, ValueError):  # no name that a file can have
            pass
    return None


def misnamed(name: str) -> Problem | None:
    """What is wrong with a name that is a file's, but not a YAML file's; None where it is no such file."""
    try:
        if not Path(name).is_file() or Path(name).suffix in ENDINGS:
            return None
    except (OSError, ValueError):  # no name that a file can have
        return None
    return Problem(shown(name), "is a file, but its name does not end in .yaml or .yml.", "Rename it if it is YAML.")


def ancestors(path: Path, folder: Path, kind: str = "scenarios") -> list[Document]:
    """The documents from the oldest ancestor to ``path``.

    Arguments: ``folder`` of the library where parents lie; ``kind``, what the files are called in messages.
    Raises InputError on a file that cannot be read, a missing parent or a circle.
    """
    chain: list[Document] = []
    seen: list[Path] = []
    while True:
        doc = Document(path, anchors=False)
        chain.insert(0, doc)
        seen.append(path.resolve())
        parent = doc.text(doc.root, "parent", required=False)
        if not parent:
            return chain
        where = doc.at(doc.root, "parent", value=True)
        found = find(parent, folder, path.parent) if Path(parent).name == parent else None
        if found is None:
            what = f"there is no parent {shown(parent)}, beside this file or in the library."
            doc.problem(where, what, nearest(parent, names(folder)))
        elif found.resolve() in seen:
            circle = " <- ".join(p.stem for p in [*seen, found.resolve()])
            doc.problem(where, f"the {kind} inherit in a circle: {circle}.", "Remove one of the parents.")
        else:
            path = found
            continue
        raise refusal([p for d in chain for p in d.problems])
