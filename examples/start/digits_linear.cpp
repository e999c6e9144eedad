// A linear classifier of handwritten digits: 64 pixels, 10 classes. Its argument is the path of digits.csv, which is in
// examples/data. To be the same bits everywhere, it is compiled with -ffp-contract=off.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optim/optim.hpp>
#include <stdexcept>
#include <string>

constexpr std::size_t images = 1797, learning = 1438, pixels = 64, classes = 10, batch = 32, epochs = 20;

struct image {
    std::array<float, pixels> x;
    std::size_t label;
};

static std::vector<image> read_digits(const std::string &path) {
    std::ifstream file(path);
    std::vector<image> digits(images);
    for (image &digit : digits) {
        for (float &x : digit.x) {
            int value = 0;
            char comma = 0;
            file >> value >> comma;
            x = static_cast<float>(value) / 16;
        }
        file >> digit.label;
        if (!file || digit.label >= classes)
            throw std::runtime_error(path + ": not the digits of examples/data");
    }
    return digits;
}

// Weights, or their gradients.
struct model {
    std::vector<float> weight = std::vector<float>(pixels * classes), bias = std::vector<float>(classes);

    std::array<float, classes> scores(const image &digit) const {
        std::array<float, classes> score;
        std::copy(bias.begin(), bias.end(), score.begin());
        for (std::size_t i = 0; i < pixels; i++)
            for (std::size_t c = 0; c < classes; c++)
                score[c] += digit.x[i] * weight[i * classes + c];
        return score;
    }

    bool recognizes(const image &digit) const {
        const auto score = scores(digit);
        return std::max_element(score.begin(), score.end()) - score.begin() == static_cast<std::ptrdiff_t>(digit.label);
    }
};

// Add the gradient of half the squared error of one image.
static void learn(const model &weights, model &gradient, const image &digit) {
    auto error = weights.scores(digit);
    error[digit.label] -= 1;
    for (std::size_t i = 0; i < pixels; i++)
        for (std::size_t c = 0; c < classes; c++)
            gradient.weight[i * classes + c] += digit.x[i] * error[c];
    for (std::size_t c = 0; c < classes; c++)
        gradient.bias[c] += error[c];
}

// FNV-1a of the bits of the numbers, the lowest byte first.
static std::uint64_t digest(std::uint64_t hash, const std::vector<float> &numbers) {
    for (const float number : numbers) {
        std::uint32_t bits;
        std::memcpy(&bits, &number, sizeof bits);
        for (int shift = 0; shift < 32; shift += 8)
            hash = (hash ^ (bits >> shift & 0xff)) * UINT64_C(1099511628211);
    }
    return hash;
}

static void run(const std::string &path) {
    const std::vector<image> digits = read_digits(path);
    model weights, gradient;

    optim::optimizer opt("adamw");
    opt.add("weight", {pixels, classes}, weights.weight, gradient.weight);
    opt.add("bias", {classes}, weights.bias, gradient.bias);
    opt.set("lr", 0.005);
    opt.set("weight_decay", 0.01);
    opt.set_for("bias", "weight_decay", 0);
    opt.set("grad_scale", batch);
    opt.attach("lr", optim::schedule("cosine").set("steps", epochs * ((learning + batch - 1) / batch)));

    for (std::size_t epoch = 0; epoch < epochs; epoch++) {
        for (std::size_t first = 0; first < learning; first += batch) {
            std::fill(gradient.weight.begin(), gradient.weight.end(), 0.0f);
            std::fill(gradient.bias.begin(), gradient.bias.end(), 0.0f);
            for (std::size_t n = first; n < std::min(first + batch, learning); n++)
                learn(weights, gradient, digits[n]);
            opt.step();
        }
    }

    const auto right =
        std::count_if(digits.begin() + learning, digits.end(), [&](const image &d) { return weights.recognizes(d); });
    const std::uint64_t hash = digest(digest(UINT64_C(14695981039346656037), weights.weight), weights.bias);
    std::printf("accuracy %.2f %%\n", 100.0 * static_cast<double>(right) / (images - learning));
    std::printf("weights %016llx\n", static_cast<unsigned long long>(hash));
}

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: digits_linear DIGITS_CSV\n";
        return 2;
    }
    try {
        run(argv[1]);
    } catch (const std::exception &error) {
        std::cerr << "digits_linear: " << error.what() << '\n';
        return 1;
    }
}
