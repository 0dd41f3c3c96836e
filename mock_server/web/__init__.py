"""The web: Flask, and only here. Routes, headers, journal entries and the control API."""
