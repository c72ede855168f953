"""Compile the reference tables into the package's own tables.

    python tools/compile_facts.py --facts FOLDER [--out FOLDER]

Writes facts.parquet (every fact in one long table), units.parquet, io.parquet and sources.csv. The same input
gives the same bytes: rows are sorted, the compression is fixed and nothing carries a time.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent))
from facts import economy, nature, people, stated, trade, units
from facts.common import collect, source_key, source_row

TABLES = Path(__file__).parent.parent / "src" / "citybelt" / "worlds" / "tables"


def write(frame: pd.DataFrame, path: Path) -> None:
    """A parquet file whose bytes depend on the rows alone."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    texts = [i for i, f in enumerate(table.schema) if pa.types.is_large_string(f.type) or pa.types.is_string(f.type)]
    for i in texts:
        table = table.set_column(i, table.schema.names[i], table.column(i).cast(pa.string()))
    pq.write_table(table, path, compression="zstd", compression_level=12, row_group_size=16384)


def compile_facts(folder: Path, out: Path) -> None:
    """Read every reference table in ``folder`` and write the package's tables to ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    facts = collect([p for subject in (people, economy, trade, nature, stated) for p in subject.facts(folder)])
    texts = sorted(set(facts["source"]))
    facts["source"] = facts["source"].map({t: source_key(t) for t in texts})
    texts += ["adcodes+names", "airportsdata", "io_china"]
    sources = pd.DataFrame(sorted({source_row(t) for t in texts}), columns=["source", "citation", "address", "licence"])
    if sources["source"].duplicated().any():
        raise ValueError(f"one key, two sources: {sorted(sources['source'][sources['source'].duplicated()])}")
    write(facts, out / "facts.parquet")
    write(units.units(folder), out / "units.parquet")
    write(economy.input_output(folder), out / "io.parquet")
    sources.to_csv(out / "sources.csv", index=False, lineterminator="\n")
    print(f"{len(facts)} facts of {facts['quantity'].nunique()} quantities from {len(sources)} sources -> {out}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--facts", type=Path, required=True, help="folder of the reference tables (CSV)")
    parser.add_argument("--out", type=Path, default=TABLES, help="where the tables go (default: inside the package)")
    arguments = parser.parse_args()
    compile_facts(arguments.facts, arguments.out)


if __name__ == "__main__":
    main()
