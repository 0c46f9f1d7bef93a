"""From targets to how much may be there: deposits, ore and metal, with honest odds."""
