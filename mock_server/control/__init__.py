"""What the control API and the fixtures of the pytest plugin do, without any web framework."""
