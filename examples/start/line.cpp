#include <array>
#include <cstdio>
#include <optim/optim.hpp>

int main() {
    std::array<double, 2> line{}, gradient{}; // slope, intercept
    optim::optimizer opt("adamw");
    opt.add("line", {2}, line, gradient);
    opt.set("lr", 0.05);
    opt.set("weight_decay", 0);
    for (int step = 0; step < 1000; step++) {
        gradient.fill(0);
        for (double x = -1; x <= 1; x += 0.25) {
            const double error = line[0] * x + line[1] - (2 * x + 1);
            gradient[0] += error * x;
            gradient[1] += error;
        }
        opt.step();
    }
    std::printf("y = %.3f x + %.3f\n", line[0], line[1]);
}
