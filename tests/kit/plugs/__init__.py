"""Client plugs: real processes, well-behaved and not."""
