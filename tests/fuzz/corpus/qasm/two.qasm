// Four features, two a qubit, then four angles, for two classes: x0, x1 are the first principal components.
OPENQASM 3.0;
include "stdgates.inc";

input array[float[64], 4] theta;
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

pragma moefield observable 0 1 ZI
pragma moefield observable 0 1 IZ
