OPENQASM 3.0;
include "stdgates.inc";
input float[64] _theta_0_;
input float[64] _theta_1_;
input float[64] _theta_2_;
input float[64] _theta_3_;
input float[64] _x_0_;
input float[64] _x_1_;
gate rzz(p0) _gate_q_0, _gate_q_1 {
  cx _gate_q_0, _gate_q_1;
  rz(p0) _gate_q_1;
  cx _gate_q_0, _gate_q_1;
}
gate rxx(p0) _gate_q_0, _gate_q_1 {
  h _gate_q_0;
  h _gate_q_1;
  cx _gate_q_0, _gate_q_1;
  rz(p0) _gate_q_1;
  cx _gate_q_0, _gate_q_1;
  h _gate_q_1;
  h _gate_q_0;
}
gate ryy(p0) _gate_q_0, _gate_q_1 {
  rx(pi/2) _gate_q_0;
  rx(pi/2) _gate_q_1;
  cx _gate_q_0, _gate_q_1;
  rz(p0) _gate_q_1;
  cx _gate_q_0, _gate_q_1;
  rx(-pi/2) _gate_q_0;
  rx(-pi/2) _gate_q_1;
}
gate sxdg _gate_q_0 {
  s _gate_q_0;
  h _gate_q_0;
  s _gate_q_0;
}
gate ansatz(_gate_p_0, _gate_p_1) _gate_q_0, _gate_q_1, _gate_q_2 {
  ry(_gate_p_0) _gate_q_0;
  rzz(2*_gate_p_1) _gate_q_0, _gate_q_2;
  ryy(_gate_p_1 - pi/3) _gate_q_1, _gate_q_2;
}
bit[3] meas;
qubit[3] q;
h q[0];
p(2.0*_x_0_) q[0];
U(pi/2, 0, _theta_0_) q[1];
rxx(0.5*(pi - _x_1_)) q[0], q[2];
crz(_theta_1_/2) q[2], q[0];
cu(0.3, _theta_2_, -pi/4, 0.7) q[0], q[1];
sxdg q[1];
barrier q[0], q[1], q[2];
ansatz(_theta_3_, _x_0_) q[2], q[0], q[1];
ccx q[0], q[1], q[2];
u3(0.1, 0.2, _theta_0_) q[2];
ch q[1], q[2];
barrier q[0], q[1], q[2];
meas[0] = measure q[0];
meas[1] = measure q[1];
meas[2] = measure q[2];
