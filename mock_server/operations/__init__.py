"""What create, query, retrieve and download do, each in one readable function, without any web framework."""
