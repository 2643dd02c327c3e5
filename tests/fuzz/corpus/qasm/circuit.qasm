// The circuit of iris_chaos.c: features first, then angles, on two qubits.
// x0, x1: sepal length and width; x2, x3: petal length and width; f = <Z0 + Z1>.
OPENQASM 3.0;
include "stdgates.inc";

input array[float[64], 4] theta;
input array[float[64], 4] x;
qubit[2] q;

ry(x[2]) q[0];
ry(x[3]) q[1];
cz q[0], q[1];
rx(x[0]) q[0];
rx(x[1]) q[1];
ry(theta[0]) q[0];
ry(theta[1]) q[1];
cz q[0], q[1];
rx(theta[2]) q[0];
rx(theta[3]) q[1];

pragma moefield observable 0 1 ZI
pragma moefield observable 0 1 IZ
