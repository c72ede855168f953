"""What citybelt promises of speed and memory, measured; `python -m benchmarks` runs everything."""
