"""The files under `fixtures/` as data for others: request bodies, callback payloads, golden answers, pictures."""
