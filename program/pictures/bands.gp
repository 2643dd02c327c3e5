# bands.csv: each training sample's prediction, by the limit's order: limit, bands of 95 %, the first replicas
set title sprintf("{/:Bold A single mixture's predictions}, t = %g", end_time) offset 0,0.3
set xlabel "training sample, by the limit's prediction" . (outputs > 1 ? " (all outputs)" : "")
set ylabel "prediction"
set key outside right center samplen 2 spacing 1.3
sizes = words(series) - 1
colours = sizes == 3 ? green . " " . orange . " " . blue : sizes == 2 ? orange . " " . blue : blue
plot for [i=1:sizes] "bands.csv" using 2:6:7 index i-1 with filledcurves fs transparent solid 0.25 noborder lc rgb word(colours, i) \
         title "N = " . word(series, i + 1) . ", 95 %", \
     for [i=1:sizes] "bands.csv" using 2:8 index i-1 with points pt 7 ps 0.35 lc rgb word(colours, i) title "a mixture, N = " . word(series, i + 1), \
     "bands.csv" using 2:5 index 0 with lines lw 1.6 lc rgb black title "limit"
