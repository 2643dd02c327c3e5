OPENQASM 3.0;
/* as PennyLane's and Amazon Braket's exporters write it: their gate names, result pragmas, scalar inputs */
input float weights_0;
input float weights_1;
input float weights_2;
input float x_0;
input float x_1;
bit[2] b;
qubit[2] q;
rx(x_0) q[0];
ry(2 * x_1 - 0.5) q[1];
rz(weights_0) q[0];
cnot q[0], q[1];
phaseshift(-weights_1) q[1];
cphaseshift(weights_2 / 4) q[0], q[1];
v q[0];
si q[1];
zz(weights_1 * 0.5 + pi / 8) q[0], q[1];
i q[0];
#pragma braket unitary([[0.6, 0 - -0.8im], [0.8im, 0.6]]) q[1]
#pragma braket unitary([[1.0, 0, 0, 0], [0, 0, 0, 1.0], [0, 0, 0.6 + 0.8im, 0], [0, 1, 0, 0]]) q[1], q[0]
#pragma braket result expectation z(q[0]) @ x(q[1])
b[0] = measure q[0];
b[1] = measure q[1];
