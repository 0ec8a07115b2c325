"""The MDCT codec (*ours*): a fixed filter bank, a dead-zone quantiser whose levels are sent as
events (thermometer code), a context-mixing entropy model and a learned post-filter.

It is not the paper's SPARSE: no gradient passes its bottleneck, and what its units respond to is
what the bins of a filter bank respond to.
"""
