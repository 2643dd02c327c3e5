# chaos.gp - draws chaos.csv: gnuplot -e "csv='chaos.csv'; svg='chaos.svg'" chaos.gp
# Points with standard errors as measured; lines are the theory's rates, their constants fitted to the points:
# c N^(-1/2) for prediction error and coupling, c N^(-1/4) (1 + b N^(-1/2)) for W_1 in dimension 4.

set terminal svg size 760,560 font "Helvetica,14" background "white"
set output svg
set datafile separator ","
set fit quiet nolog errorvariables
set logscale xy
set key inside top right vertical maxrows 3 width -3 samplen 2.5
set title "{/:Bold Propagation of chaos}: N quantum experts on iris against their mean-field limit" offset 0,0.3
set xlabel "number of experts N"
set ylabel "distance from the limit"
set xtics (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
set format y "10^{%T}"
set yrange [2e-3:12]
set grid xtics ytics lc rgb "#dddddd" lt 1 lw 0.7
set border 3 lc rgb "#555555"
set tics nomirror out
set xrange [11:6000]

prediction(x) = cp * x**-0.5
coupling(x) = cc * x**-0.5
transport(x) = cw * x**-0.25 * (1 + bw * x**-0.5)
cp = 0.2; cc = 0.6; cw = 2; bw = 0.1
fit [64:] prediction(x) csv using 1:3:4 yerr via cp
fit [64:] coupling(x) csv using 1:5:6 yerr via cc
fit transport(x) csv using 1:7:8 yerr via cw, bw

plot transport(x) with lines lw 1.5 dt 2 lc rgb "#7f8c8d" title "c N^{-1/4} (1 + b N^{-1/2})", \
     coupling(x) with lines lw 1.5 dt 2 lc rgb "#d95f02" title "c N^{-1/2}", \
     prediction(x) with lines lw 1.5 dt 2 lc rgb "#1b6ca8" title "c N^{-1/2}", \
     csv using 1:7:8 with yerrorbars pt 9 ps 0.9 lw 1.4 lc rgb "#4d5656" title "W₁ to independent tracers", \
     csv using 1:5:6 with yerrorbars pt 5 ps 0.8 lw 1.4 lc rgb "#d95f02" title "coupling distance", \
     csv using 1:3:4 with yerrorbars pt 7 ps 0.8 lw 1.4 lc rgb "#1b6ca8" title "prediction error"
