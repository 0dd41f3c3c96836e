"""The world behind a key: accounts, tasks, links, videos, the journal, and outcomes on demand."""
