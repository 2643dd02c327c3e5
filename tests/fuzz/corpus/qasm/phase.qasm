OPENQASM 3.0;
qubit[2] q;
ctrl @ inv @ gphase(pi/3) q[0];
#pragma moefield observable 0 1e308 ZZ
