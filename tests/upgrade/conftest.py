"""The parts that the integration tests run on."""

from tests.integration.conftest import (
    new_folder,
    postgres,
    postgres_seed,
    prepared_database,
    workplace,
)

__all__ = ["new_folder", "postgres", "postgres_seed", "prepared_database", "workplace"]
