"""Speed and quality, measured: `python -m benchmarks` lists what there is."""
