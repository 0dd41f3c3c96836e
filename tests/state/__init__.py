"""The state that outlives the mock: both stores, restarts, kill -9."""
