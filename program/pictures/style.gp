set terminal svg size 860,520 font "Helvetica,15" background "white" linewidth 1.2
set datafile separator ","
set border 3 lc rgb "#555555"
set tics nomirror out
set grid lc rgb "#e2e2e2" lt 1 lw 0.7
set key noautotitle
blue = "#1b6ca8"; orange = "#d95f02"; green = "#2a8f5b"; grey = "#6b7378"; purple = "#7b4fa3"; black = "#222222"
