// Three outputs for three classes, one-hot: four features and six angles on two qubits.
OPENQASM 3.0;
include "stdgates.inc";

input array[float[64], 6] theta;
input array[float[64], 4] x;
qubit[2] q;

ry(x[0]) q[0];
ry(x[1]) q[1];
rx(x[2]) q[0];
rx(x[3]) q[1];
rx(theta[0]) q[0];
rx(theta[1]) q[1];
ry(theta[2]) q[0];
ry(theta[3]) q[1];
rx(theta[4]) q[0];
rx(theta[5]) q[1];

pragma moefield observable 0 1 ZI
pragma moefield observable 0 1 IZ
pragma moefield observable 1 1 XI
pragma moefield observable 1 1 IX
pragma moefield observable 2 1 YI
pragma moefield observable 2 1 IY
