"""The long forms use the same real parts as the short ones."""

from tests.integration.conftest import *  # noqa: F403
