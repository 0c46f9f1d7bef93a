"""Why a cell scores as it does."""
