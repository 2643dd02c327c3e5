OPENQASM 3.0;
include "stdgates.inc";
gate g(a) b { g2(a) b; }
